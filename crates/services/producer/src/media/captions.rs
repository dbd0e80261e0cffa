//! Captions: who plays, which second it is, and the same as a row of blocks for programs that look.
//!
//! They are drawn here, as pictures, so that no text reaches a command line and no font has to be installed.

use super::grid::CELLS_PER_SECOND;
use embedded_graphics::{
    mono_font::{
        MonoFont, MonoTextStyle,
        iso_8859_1::{FONT_6X13, FONT_9X18_BOLD, FONT_10X20},
    },
    pixelcolor::Gray8,
    prelude::*,
    primitives::{PrimitiveStyle, Rectangle},
    text::{Alignment, Baseline, Text, TextStyleBuilder},
};
use std::{
    convert::Infallible,
    io::{self, Write},
};

/// Width of a caption in pixels.
pub(super) const WIDTH: u32 = 320;
/// Height of a caption in pixels.
pub(super) const HEIGHT: u32 = 80;

const BLACK: Gray8 = Gray8::new(16);
const GREY: Gray8 = Gray8::new(170);
const WHITE: Gray8 = Gray8::WHITE;
/// The row of blocks: as many as a minute of cells has binary digits, the lowest one to the left.
const BLOCKS: u32 = 10;
const BLOCK_HEIGHT: u32 = 18;

/// What stands above the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Titles {
    /// The large line.
    pub(super) first: String,
    /// The small line.
    pub(super) second: String,
}

/// Writes a caption for each cell of so many seconds, one after the other.
pub(super) fn write(titles: &Titles, seconds: u32, to: &mut impl Write) -> io::Result<()> {
    let mut titled = Canvas::new();
    titled.text(&titles.first, 3, &FONT_10X20, WHITE);
    titled.text(&titles.second, 24, &FONT_6X13, GREY);
    for cell in 0..u64::from(seconds) * CELLS_PER_SECOND {
        let mut caption = titled.clone();
        caption.text(&clock(cell), 40, &FONT_9X18_BOLD, WHITE);
        caption.blocks(cell);
        to.write_all(&caption.pixels)?;
    }
    Ok(())
}

/// The second of the minute, with a tenth.
fn clock(cell: u64) -> String {
    format!(":{:02}.{}", cell / CELLS_PER_SECOND % 60, cell % CELLS_PER_SECOND)
}

/// A caption in shades of grey.
#[derive(Clone)]
struct Canvas {
    pixels: Vec<u8>,
}

impl Canvas {
    fn new() -> Self {
        Self { pixels: vec![BLACK.luma(); (WIDTH * HEIGHT) as usize] }
    }

    /// A line in the middle; what is too long for its font gets the smallest one, and is cut at both sides.
    fn text(&mut self, text: &str, top: i32, font: &MonoFont<'_>, colour: Gray8) {
        let fits = text.chars().count() as u32 * font.character_size.width <= WIDTH;
        let font = if fits { font } else { &FONT_6X13 };
        let style = TextStyleBuilder::new().alignment(Alignment::Center).baseline(Baseline::Top).build();
        let at = Point::new(WIDTH as i32 / 2, top);
        let text = Text::with_text_style(text, at, MonoTextStyle::new(font, colour), style);
        let Ok(_) = text.draw(self);
    }

    /// The number of a cell, in binary.
    fn blocks(&mut self, cell: u64) {
        let size = Size::new(WIDTH / BLOCKS, BLOCK_HEIGHT);
        for digit in (0..BLOCKS).filter(|digit| cell >> digit & 1 == 1) {
            let at = Point::new((digit * size.width) as i32, (HEIGHT - BLOCK_HEIGHT) as i32);
            let block = Rectangle::new(at, size).into_styled(PrimitiveStyle::with_fill(WHITE));
            let Ok(()) = block.draw(self);
        }
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(WIDTH, HEIGHT)
    }
}

impl DrawTarget for Canvas {
    type Color = Gray8;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Gray8>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, colour) in pixels {
            let inside = (0..WIDTH as i32).contains(&x) && (0..HEIGHT as i32).contains(&y);
            if inside {
                self.pixels[(y * WIDTH as i32 + x) as usize] = colour.luma();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(first: &str) -> Titles {
        Titles { first: first.to_owned(), second: "Cup".to_owned() }
    }

    fn captions(titles: &Titles, seconds: u32) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        write(titles, seconds, &mut all).unwrap();
        all.chunks((WIDTH * HEIGHT) as usize).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn each_tenth_of_a_second_has_its_blocks() {
        let captions = captions(&titles("A - B"), 60);
        assert_eq!(captions.len(), 600);
        for (number, caption) in captions.iter().enumerate() {
            let row = ((HEIGHT - BLOCK_HEIGHT / 2) * WIDTH) as usize;
            let lit = |digit: u32| caption[row + (digit * 32 + 16) as usize] > 128;
            let read = (0..BLOCKS).filter(|digit| lit(*digit)).map(|digit| 1 << digit).sum::<usize>();
            assert_eq!(read, number);
        }
    }

    #[test]
    fn the_clock_runs_from_0_to_the_end_of_the_minute() {
        assert_eq!([0, 374, 599].map(clock), [":00.0", ":37.4", ":59.9"]);
    }

    #[test]
    fn names_that_are_long_or_of_other_scripts_are_drawn_somehow() {
        for name in ["", "\u{627}\u{644}\u{647}\u{644}\u{627}\u{644}", &"long ".repeat(60), "\u{0}\n\u{7f}"] {
            let different = captions(&titles(name), 4);
            assert_eq!(different.len(), 40);
        }
        assert_ne!(captions(&titles("A"), 4), captions(&titles("B"), 4));
    }
}
