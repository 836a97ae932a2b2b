//! Renders a guide as text for a terminal.

use drfctl::cli::shell::guides::{Guide, page_name};
use textwrap::{Options, WordSeparator, WordSplitter};

use super::markdown::{Block, Face, Span};

/// The width of the text; a terminal of 80 columns keeps one free.
const WIDTH: usize = 79;

/// The indent of text below a heading.
const INDENT: usize = 2;

/// The longest term whose meaning starts on the same line.
const SHORT: usize = 18;

/// Renders the text of a guide.
pub(crate) fn render_text(guide: &Guide, blocks: &[Block]) -> String {
    let mut text = format!("{}: {}\n", page_name(guide), guide.about);
    write(&mut text, &blocks[2..], INDENT);
    text
}

fn write(page: &mut String, blocks: &[Block], indent: usize) {
    for block in blocks {
        match block {
            Block::Heading(2, title) => page.extend(["\n", &plain(title).to_uppercase(), "\n"]),
            Block::Heading(_, title) => page.extend(["\n", &plain(title), "\n"]),
            Block::Paragraph(text) => {
                separate(page, indent);
                fill(page, &plain(text), indent, "");
            }
            Block::Code(code) => {
                separate(page, indent);
                for line in code.lines() {
                    assert!(!line.contains('`') && line.len() + indent + 2 <= WIDTH, "too long or quoted: {line}");
                    page.push_str(format!("{:1$}{line}", "", indent + 2).trim_end());
                    page.push('\n');
                }
            }
            Block::List(first, items) => {
                for (index, item) in items.iter().enumerate() {
                    let mark = first.map_or("* ".to_owned(), |first| format!("{}. ", first + index as u64));
                    let [Block::Paragraph(text), rest @ ..] = item.as_slice() else { panic!("an item without text") };
                    if index == 0 || first.is_none() {
                        separate(page, indent);
                    }
                    fill(page, &plain(text), indent, &mark);
                    write(page, rest, indent + mark.len());
                }
            }
            Block::Terms(rows) => {
                let longest = rows.iter().map(|[term, _]| plain(term).chars().count()).max().unwrap_or_default();
                separate(page, indent);
                for [term, meaning] in rows {
                    if longest <= SHORT {
                        fill(page, &plain(meaning), indent, &format!("{:longest$}  ", plain(term)));
                    } else {
                        fill(page, &plain(term), indent, "");
                        fill(page, &plain(meaning), indent + 8, "");
                    }
                }
            }
        }
    }
}

/// Adds an empty line, except below a heading.
fn separate(page: &mut String, indent: usize) {
    let last = page.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    let follows_heading = last.starts_with(|letter: char| letter != ' ') && page.contains("\n\n");
    if !(follows_heading && indent == INDENT) {
        page.push('\n');
    }
}

/// Adds a paragraph. `mark` precedes the first line.
fn fill(page: &mut String, text: &str, indent: usize, mark: &str) {
    let first = format!("{:indent$}{mark}", "");
    let others = " ".repeat(first.chars().count());
    let options = Options::new(WIDTH)
        .initial_indent(&first)
        .subsequent_indent(&others)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    page.push_str(&textwrap::fill(text, options));
    page.push('\n');
}

fn plain(spans: &[Span]) -> String {
    let words = spans.iter().map(|Span { face, text }| match face {
        Face::Code => format!("`{text}`"),
        Face::Guide => format!("`drfctl help {text}`"),
        _ => text.clone(),
    });
    words.collect()
}
