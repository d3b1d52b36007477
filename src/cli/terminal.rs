//! A table that is drawn over the one before, with plain escape codes and without another screen. Pure.

/// Lines of the end that are kept when a table does not fit: what should catch the eye stands there.
const TAIL: usize = 4;

/// What was drawn last.
#[derive(Debug, Default)]
pub(super) struct Screen {
    lines: usize,
}

impl Screen {
    /// What to write so that `table` stands where the last one stood, in at most `height` lines, with `remarks` above it
    /// that stay.
    pub(super) fn frame(&mut self, table: &str, remarks: &[String], height: Option<usize>) -> String {
        let lines = fitted(table, height);
        let mut frame = String::from(NO_WRAP);
        if self.lines > 0 {
            frame.push_str(&format!("\x1b[{}A\r", self.lines));
        }
        for line in remarks
            .iter()
            .map(String::as_str)
            .chain(lines.iter().map(String::as_str))
        {
            frame.push_str(line);
            frame.push_str(REST_OF_LINE);
            frame.push('\n');
        }
        frame.push_str(ALL_BELOW);
        frame.push_str(WRAP);
        self.lines = lines.len();
        frame
    }
}

/// The lines of `table`, of which the middle is left out when the terminal, less the line of the cursor, is too low.
fn fitted(table: &str, height: Option<usize>) -> Vec<String> {
    let lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let room = height.map_or(usize::MAX, |height| height.saturating_sub(1).max(1));
    if lines.len() <= room {
        return lines;
    }
    let tail = TAIL.min(room / 2);
    let head = room - tail - 1;
    let left_out = lines.len() - head - tail;
    let remark = format!("... {left_out} more lines: a higher terminal or -o FILE shows them");
    let end = lines.iter().skip(head + left_out);
    lines.iter().take(head).chain([&remark]).chain(end).cloned().collect()
}

const REST_OF_LINE: &str = "\x1b[K";
const ALL_BELOW: &str = "\x1b[J";
/// A line that is too long is cut by the terminal: lines that wrap could not be counted.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_the_place_of_the_one_before() {
        let mut screen = Screen::default();
        let first = screen.frame("a\nb\n", &[], None);
        assert_eq!(first, "\x1b[?7la\x1b[K\nb\x1b[K\n\x1b[J\x1b[?7h");
        let second = screen.frame("c\n", &[], Some(24));
        assert_eq!(second, "\x1b[?7l\x1b[2A\rc\x1b[K\n\x1b[J\x1b[?7h");
        assert!(screen.frame("d\n", &[], None).contains("\x1b[1A\r"));
    }

    #[test]
    fn remarks_stay_above_the_table() {
        let mut screen = Screen::default();
        screen.frame("a\nb\n", &[], None);
        let frame = screen.frame("a\nb\n", &["lost".to_owned()], None);
        assert!(frame.contains("\x1b[2A\rlost\x1b[K\na"), "{frame:?}");
        assert!(
            screen.frame("c\n", &[], None).contains("\x1b[2A\rc"),
            "it is not drawn over"
        );
    }

    #[test]
    fn what_does_not_fit_leaves_out_the_middle_and_says_so() {
        let table: String = (1..=20).map(|line| format!("{line}\n")).collect();
        let lines = fitted(&table, Some(10));
        assert_eq!(lines.len(), 9);
        assert_eq!(lines[..4], ["1", "2", "3", "4"]);
        assert!(lines[4].starts_with("... 12 more lines"), "{}", lines[4]);
        assert_eq!(lines[5..], ["17", "18", "19", "20"]);
        for height in 0..30 {
            assert!(fitted(&table, Some(height)).len() <= height.saturating_sub(1).max(1));
        }
    }
}
