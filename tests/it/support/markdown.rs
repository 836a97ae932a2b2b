//! Parses the Markdown of the guides into blocks for the renderers.

use std::iter::Peekable;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

type Events<'a> = Peekable<Parser<'a>>;

/// A block of a guide.
#[derive(Debug)]
pub(crate) enum Block {
    /// A heading and its level. The title of the guide has level 1.
    Heading(usize, Vec<Span>),
    Paragraph(Vec<Span>),
    Code(String),
    /// The items of a list, and the number of the first one if they are numbered.
    List(Option<u64>, Vec<Vec<Block>>),
    /// The rows of a table with two columns, without its header.
    Terms(Vec<[Vec<Span>; 2]>),
}

/// A part of a paragraph.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) face: Face,
    pub(crate) text: String,
}

/// How a part of a paragraph is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Face {
    Plain,
    Strong,
    Emphasis,
    Code,
    /// A link to another guide; the text is its name.
    Guide,
}

/// Parses a guide.
pub(crate) fn parse(markdown: &str) -> Vec<Block> {
    blocks(&mut Parser::new_ext(markdown, Options::ENABLE_TABLES).peekable())
}

/// Returns the blocks up to the end of the enclosing element.
fn blocks(events: &mut Events<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => blocks.push(Block::Heading(level as usize, spans(events).0)),
            Event::Start(Tag::Paragraph) => blocks.push(Block::Paragraph(spans(events).0)),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => {
                let text = spans(events).0.into_iter().map(|span| span.text).collect();
                blocks.push(Block::Code(text));
            }
            Event::Start(Tag::List(first)) => blocks.push(Block::List(first, items(events))),
            Event::Start(Tag::Table(columns)) => {
                assert_eq!(columns.len(), 2, "a table of a guide has two columns");
                blocks.push(Block::Terms(rows(events)));
            }
            Event::End(_) => break,
            other => panic!("not supported in a guide: {other:?}"),
        }
    }
    blocks
}

/// Returns the items of a list.
fn items(events: &mut Events<'_>) -> Vec<Vec<Block>> {
    let mut items = Vec::new();
    while let Some(Event::Start(Tag::Item)) = events.next() {
        items.push(item(events));
    }
    items
}

/// Returns the blocks of an item. A short item has text without a paragraph.
fn item(events: &mut Events<'_>) -> Vec<Block> {
    if matches!(events.peek(), Some(Event::Start(tag)) if !is_inline(tag)) {
        return blocks(events);
    }
    let (text, after) = spans(events);
    let mut item = vec![Block::Paragraph(text)];
    if let Some(Tag::List(first)) = after {
        item.push(Block::List(first, items(events)));
        item.extend(blocks(events));
    }
    item
}

/// Returns the rows of a table without its header.
fn rows(events: &mut Events<'_>) -> Vec<[Vec<Span>; 2]> {
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    for event in events.by_ref().take_while(|event| *event != Event::End(TagEnd::Table)).collect::<Vec<_>>() {
        match event {
            Event::Start(Tag::TableCell) => cells.push(Vec::new()),
            Event::End(TagEnd::TableHead) => cells.clear(),
            Event::End(TagEnd::TableRow) => {
                let row: [Vec<Span>; 2] = std::mem::take(&mut cells).try_into().expect("two cells");
                rows.push(row);
            }
            Event::Text(text) => push(cells.last_mut().expect("a cell"), Face::Plain, &text),
            Event::Code(text) => push(cells.last_mut().expect("a cell"), Face::Code, &text),
            _ => {}
        }
    }
    rows
}

/// Returns the text up to the end of a block, or up to a block that begins inside it.
fn spans<'a>(events: &mut Events<'a>) -> (Vec<Span>, Option<Tag<'a>>) {
    let mut spans = Vec::new();
    let mut faces = vec![Face::Plain];
    // The address of the open link, and its index in `spans`.
    let mut link = None;
    for event in events.by_ref() {
        let face = *faces.last().expect("a face");
        match event {
            Event::Text(text) => push(&mut spans, face, &text),
            Event::Code(text) => push(&mut spans, Face::Code, &text),
            Event::SoftBreak => push(&mut spans, face, " "),
            Event::Start(Tag::Strong) => faces.push(Face::Strong),
            Event::Start(Tag::Emphasis) => faces.push(Face::Emphasis),
            Event::End(TagEnd::Strong | TagEnd::Emphasis) => drop(faces.pop()),
            Event::Start(Tag::Link { dest_url, .. }) => {
                link = Some((dest_url, spans.len()));
                spans.push(Span { face, text: String::new() });
            }
            Event::End(TagEnd::Link) => {
                let (address, first) = link.take().expect("a link");
                if let Some(page) = address.strip_suffix(".7.md") {
                    spans.truncate(first);
                    let name = page.strip_prefix("drfctl-").expect("the file of a guide");
                    spans.push(Span { face: Face::Guide, text: name.to_owned() });
                } else if spans.last().is_some_and(|text| text.text != *address) {
                    push(&mut spans, face, &format!(" ({address})"));
                }
            }
            Event::Start(tag) => return (spans, Some(tag)),
            Event::End(_) => break,
            other => panic!("not supported in a guide: {other:?}"),
        }
    }
    (spans, None)
}

/// Adds text to the last span if that has the same face, otherwise as a new span.
fn push(spans: &mut Vec<Span>, face: Face, text: &str) {
    match spans.last_mut() {
        Some(last) if last.face == face => last.text.push_str(text),
        _ => spans.push(Span { face, text: text.to_owned() }),
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Strong | Tag::Emphasis | Tag::Link { .. })
}
