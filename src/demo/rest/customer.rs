//! Who is logged in: one invented customer with one account.

use serde_json::json;

use super::body;
use super::{Request, RestAnswer};

/// `GET /customers/me`.
pub(super) fn me(request: &Request<'_>) -> RestAnswer {
    let address = json!({
        "street-one": "1 Demo Street", "city": "Chicago", "state-region": "IL", "postal-code": "60601", "country": "USA",
        "is-foreign": false, "is-domestic": true,
    });
    let data = json!({
        "id": "me", "first-name": "Demo", "last-name": "Customer", "email": "demo@example.com",
        "mobile-phone-number": "+13125550100", "external-id": "C0000000000", "address": address, "mailing-address": address,
        "is-foreign": false, "regulatory-domain": "USA", "usa-citizenship-type": "Citizen", "birth-date": "1990-01-01",
        "tax-number": "*****0000", "tax-number-type": "SSN", "agreed-to-margining": true, "agreed-to-terms": true,
        "has-delayed-quotes": false, "has-industry-affiliation": false, "has-institutional-assets": false,
        "has-listed-affiliation": false, "has-political-affiliation": false, "has-pending-or-approved-application": true,
        "is-investment-adviser": false, "is-professional": false, "subject-to-tax-withholding": false,
        "signature-of-agreement": true, "desk-customer-id": "DEMO", "ext-crm-id": "DEMO", "gender": "Other",
        "visa-type": null, "permitted-account-types": [], "identifiable-type": "Person", "created-at": OPENED,
    });
    body::data(data, request.path)
}

/// `GET /customers/me/accounts`.
pub(super) fn accounts(request: &Request<'_>) -> RestAnswer {
    let account = json!({
        "account-number": "5WT00001", "external-id": "A0000000001", "opened-at": OPENED, "nickname": "Demo",
        "account-type-name": "Individual", "day-trader-status": false, "is-closed": false, "is-firm-error": false,
        "is-firm-proprietary": false, "is-futures-approved": true, "is-test-drive": false, "margin-or-cash": "Margin",
        "is-foreign": false, "investment-objective": "SPECULATION", "suitable-options-level": "No Restrictions",
        "created-at": OPENED,
    });
    body::items(
        vec![json!({ "account": account, "authority-level": "owner" })],
        request.path,
    )
}

const OPENED: &str = "2020-01-01T00:00:00.000+00:00";
