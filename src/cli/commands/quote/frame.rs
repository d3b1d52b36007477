//! A table that is drawn over the one before, with plain escape codes and without another screen. Pure.

use crate::cli::output::Size;

/// Lines of the end that are kept when a table does not fit: what should catch the eye stands there.
const TAIL: usize = 4;

/// What was drawn last.
#[derive(Debug, Default)]
pub(super) struct Frame {
    lines: usize,
    size: Option<Size>,
}

impl Frame {
    /// What to write so that `table` stands where the last one stood, in a terminal of `size`, with `remarks` above it
    /// that stay. A terminal of another size than before has moved the last table, and is cleared.
    pub(super) fn over(&mut self, table: &str, remarks: &[String], size: Option<Size>) -> String {
        let lines = fitted(table, size.map(|size| size.height));
        let mut frame = String::new();
        if self.lines > 0 && self.size != size {
            frame.push_str(ALL);
        } else if self.lines > 0 {
            frame.push_str(&format!("\x1b[{}A\r", self.lines));
        }
        if !remarks.is_empty() {
            frame.push_str(ALL_BELOW);
        }
        for remark in remarks {
            frame.push_str(remark);
            frame.push('\n');
        }
        frame.push_str(NO_WRAP);
        for line in &lines {
            frame.push_str(WHOLE_LINE);
            frame.push_str(line);
            frame.push('\n');
        }
        frame.push_str(ALL_BELOW);
        frame.push_str(WRAP);
        self.lines = lines.len();
        self.size = size;
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

/// Before the text: behind a line as wide as the terminal the cursor still stands on its last character.
const WHOLE_LINE: &str = "\x1b[2K";
const ALL: &str = "\x1b[H\x1b[2J";
const ALL_BELOW: &str = "\x1b[J";
/// A line that is too long is cut by the terminal: lines that wrap could not be counted.
const NO_WRAP: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Option<Size> = Some(Size { width: 80, height: 24 });

    #[test]
    fn a_table_takes_the_place_of_the_one_before() {
        let mut drawn = Frame::default();
        let first = drawn.over("a\nb\n", &[], SIZE);
        assert_eq!(first, "\x1b[?7l\x1b[2Ka\n\x1b[2Kb\n\x1b[J\x1b[?7h");
        let second = drawn.over("c\n", &[], SIZE);
        assert_eq!(second, "\x1b[2A\r\x1b[?7l\x1b[2Kc\n\x1b[J\x1b[?7h");
        assert!(drawn.over("d\n", &[], SIZE).contains("\x1b[1A\r"));
    }

    #[test]
    fn nothing_is_cleared_behind_the_text_of_a_line() {
        let frame = Frame::default().over("as wide as the terminal\n", &[], SIZE);
        assert!(frame.contains("terminal\n"), "{frame:?}");
    }

    #[test]
    fn a_terminal_of_another_size_begins_anew() {
        let mut drawn = Frame::default();
        drawn.over("a\nb\n", &[], SIZE);
        let narrow = Some(Size { width: 40, height: 24 });
        let frame = drawn.over("a\nb\n", &[], narrow);
        assert!(frame.starts_with("\x1b[H\x1b[2J"), "{frame:?}");
        assert!(drawn.over("a\n", &[], narrow).starts_with("\x1b[2A\r"));
    }

    #[test]
    fn remarks_stay_above_the_table_and_may_wrap() {
        let mut drawn = Frame::default();
        drawn.over("a\nb\n", &[], SIZE);
        let frame = drawn.over("a\nb\n", &["lost".to_owned()], SIZE);
        assert!(frame.starts_with("\x1b[2A\r\x1b[Jlost\n\x1b[?7l\x1b[2Ka"), "{frame:?}");
        assert!(
            drawn.over("c\n", &[], SIZE).starts_with("\x1b[2A\r"),
            "a remark is not drawn over"
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
