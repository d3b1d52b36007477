//! Sockets over time: connect, session, backoff, sessions in sequence, and the listen window.
