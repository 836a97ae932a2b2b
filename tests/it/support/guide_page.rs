//! Renders a guide as a manual page of section 7.

use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use drfctl::cli::shell::guides::{GUIDES, Guide, page_name};
use drfctl::cli::shell::man::DATE;

use super::markdown::{Block, Face, Span};

/// Renders the manual page of a guide.
pub(crate) fn render_page(guide: &Guide, blocks: &[Block]) -> String {
    let mut page = Roff::new();
    let name = page_name(guide);
    let version = concat!("drfctl ", env!("CARGO_PKG_VERSION"));
    page.control("TH", [name.to_uppercase().as_str(), "7", DATE, version, "drfctl"]);
    page.control("SH", ["NAME"]).text([roman(format!("{name} - {}", guide.about))]);
    page.control("SH", ["DESCRIPTION"]);
    let [Block::Heading(1, _), Block::Paragraph(_), rest @ ..] = blocks else {
        panic!("{name} does not begin with a title and a paragraph")
    };
    // The first paragraph after a heading needs no macro.
    write(&mut page, rest, &mut true);
    page.control("SH", ["SEE ALSO"]);
    let others = GUIDES.iter().filter(|other| other.name != guide.name).map(|other| format!("{}(7)", page_name(other)));
    let names: Vec<_> = std::iter::once("drfctl(1)".to_owned()).chain(others).collect();
    page.text([roman(names.join(", "))]);
    page.render()
}

fn write(page: &mut Roff, blocks: &[Block], is_first: &mut bool) {
    for block in blocks {
        match block {
            Block::Heading(level, title) => {
                let title: String = title.iter().map(|span| span.text.as_str()).collect();
                match level {
                    2 => page.control("SH", [title.to_uppercase().as_str()]),
                    _ => page.control("SS", [title.as_str()]),
                };
            }
            Block::Paragraph(text) => {
                if !*is_first {
                    page.control("PP", []);
                }
                page.text(inlines(text));
            }
            Block::Code(code) => write_code(page, code, *is_first),
            Block::List(first, items) => {
                for (index, item) in items.iter().enumerate() {
                    write_item(page, first.map(|first| first + index as u64), item);
                }
            }
            Block::Terms(rows) => {
                for [term, meaning] in rows {
                    page.control("TP", []).text(inlines(term)).text(inlines(meaning));
                }
            }
        }
        *is_first = matches!(block, Block::Heading(..));
    }
}

fn write_item(page: &mut Roff, number: Option<u64>, item: &[Block]) {
    let [Block::Paragraph(text), rest @ ..] = item else { panic!("an item begins with text") };
    match number {
        Some(number) => page.control("IP", [format!("{number}.").as_str(), "4"]),
        None => page.control("IP", ["\\(bu", "2"]),
    };
    page.text(inlines(text));
    if !rest.is_empty() {
        page.control("RS", [if number.is_some() { "4" } else { "2" }]);
        write(page, rest, &mut false);
        page.control("RE", []);
    }
}

fn write_code(page: &mut Roff, code: &str, is_first: bool) {
    if !is_first {
        page.control("sp", []);
    }
    page.control("RS", ["4"]).control("nf", []);
    for line in code.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []).control("RE", []);
}

fn inlines(spans: &[Span]) -> Vec<Inline> {
    let inlines = spans.iter().flat_map(|Span { face, text }| match face {
        Face::Plain => vec![roman(text)],
        Face::Strong | Face::Code => vec![bold(text)],
        Face::Emphasis => vec![italic(text)],
        Face::Guide => vec![bold(format!("drfctl-{text}")), roman("(7)")],
    });
    inlines.collect()
}
