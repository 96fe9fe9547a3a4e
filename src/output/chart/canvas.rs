//! A surface to draw on in SVG. Pictures have no background, so that they suit light and dark pages, and
//! no text in them is markup.

use crate::output::visible;
use std::fmt::Write;

/// Text, and what matters less.
pub(crate) const INK: &str = "#24292f";
pub(crate) const QUIET: &str = "#6e7781";
/// Colours that can be told apart on white and on black, also by the colour-blind.
pub(crate) const COLOURS: [&str; 8] =
    ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6b1f", "#999999"];

/// The colours of text on a dark page.
const DARK: &str = "<style>@media (prefers-color-scheme: dark) \
    { text { fill: #e6edf3 } text[fill=\"#6e7781\"] { fill: #9198a1 } }</style>";

/// A place in pixels, from the left and from the top.
pub(crate) type Pixel = (i32, i32);

/// Which end of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A picture being drawn.
pub(crate) struct Canvas {
    image: String,
}

impl Canvas {
    /// Begins a picture. `title` is what screen readers say of it; it may be empty.
    pub(crate) fn new((width, height): Pixel, title: &str) -> Self {
        let title = match title.is_empty() {
            true => String::new(),
            false => format!("<title>{}</title>\n", escaped(title)),
        };
        let image = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"system-ui, sans-serif\">\n\
             {title}{DARK}\n"
        );
        Self { image }
    }

    /// Adds an element. Writing to a string does not fail.
    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.image, "{element}");
    }

    /// Writes text whose middle is at the height of `at`; `size` is that of its characters.
    pub(crate) fn text(
        &mut self,
        text: &str,
        (x, y): Pixel,
        size: i32,
        colour: &str,
        anchor: Anchor,
    ) {
        if !text.is_empty() {
            self.add(format_args!(
                "<text x=\"{x}\" y=\"{y}\" dy=\"0.35em\" font-size=\"{size}\" fill=\"{colour}\" \
                 text-anchor=\"{}\">{}</text>",
                anchor.name(),
                escaped(text)
            ));
        }
    }

    /// Fills a rectangle, as strongly as `opacity` says, from 0 to 1.
    pub(crate) fn rectangle(&mut self, from: Pixel, to: Pixel, colour: &str, opacity: f64) {
        self.add(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\" \
             fill-opacity=\"{opacity:.2}\"/>",
            from.0,
            from.1,
            (to.0 - from.0).max(0),
            (to.1 - from.1).max(0),
        ));
    }

    /// Draws a thin line behind the data, such as one of a grid.
    pub(crate) fn rule(&mut self, from: Pixel, to: Pixel) {
        self.add(format_args!(
            "<path d=\"M{},{} L{},{}\" stroke=\"{QUIET}\" stroke-opacity=\"0.35\"/>",
            from.0, from.1, to.0, to.1
        ));
    }

    /// Draws a line through all of `places`.
    pub(crate) fn line(&mut self, places: &[Pixel], colour: &str) {
        let places: Vec<_> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.add(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            places.join(" ")
        ));
    }

    /// Draws a point.
    pub(crate) fn point(&mut self, (x, y): Pixel, radius: i32, colour: &str) {
        self.add(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\"/>"));
    }

    /// Returns the picture.
    pub(crate) fn finish(mut self) -> String {
        self.image.push_str("</svg>\n");
        self.image
    }
}

/// Returns text that is harmless in XML; control characters are not even allowed there.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
