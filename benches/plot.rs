//! The ratios as a picture.

use std::fmt::Write;

use compat_tests::inputs::Target;

use crate::column::Column;
use crate::measure::Measured;
use crate::report;

const LEFT: f64 = 210.0;
const WIDTH: f64 = 470.0;
const ROW: f64 = 17.0;
const TOP: f64 = 50.0;
/// Ratios at the two ends; the scale is logarithmic.
const ENDS: (f64, f64) = (0.1, 40.0);

/// An SVG of one line a row: where compat is, the floor that armed dispatch sets, and where it is without patching.
pub(crate) fn draw(all: &[Measured], os: Target) -> String {
    let rows: Vec<&Measured> = all
        .iter()
        .filter(|measured| measured.row.group != "threads")
        .collect();
    let bottom = TOP + ROW * rows.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"14\">time of the {} build under compat / time of the Linux build (best turns)</text>\n",
        LEFT + WIDTH + 50.0,
        bottom + 40.0,
        os.title(),
    );
    for ratio in [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0] {
        let (at, colour) = (place(ratio), if ratio == 1.0 { "#444" } else { "#ddd" });
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {TOP}V{bottom:.1}\" stroke=\"{colour}\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#666\">{ratio}</text>",
            bottom + 14.0
        );
    }
    legend(&mut svg);
    for (index, measured) in rows.iter().enumerate() {
        row(&mut svg, measured, TOP + ROW * (index as f64 + 0.5));
    }
    let _ = writeln!(
        svg,
        "<text x=\"4\" y=\"{:.1}\" fill=\"#666\">{}</text>\n</svg>",
        bottom + 32.0,
        escaped(&report::machine())
    );
    svg
}

/// The columns that have a mark, what they are called, and their colours.
const MARKS: [(Column, &str, &str); 3] = [
    (Column::NoPatch, "every call a trap", "#d8a0a0"),
    (Column::Armed, "floor: dispatch armed", "#999"),
    (Column::Compat, "compat", "#1868b0"),
];

fn legend(svg: &mut String) {
    for (index, (column, text, _)) in MARKS.iter().rev().enumerate() {
        let x = LEFT + 150.0 * index as f64;
        mark(svg, *column, x + 5.0, 30.0);
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"34\">{text}</text>", x + 14.0);
    }
}

fn row(svg: &mut String, measured: &Measured, y: f64) {
    let name = format!("{} [{}]", measured.row.name, measured.row.what);
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 8.0,
        y + 4.0,
        escaped(&name)
    );
    for (column, ..) in MARKS {
        if let Some((best, _)) = measured.ratio(column) {
            mark(svg, column, place(best), y);
        }
    }
    if let Some((best, _)) = measured.ratio(Column::Compat) {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#1868b0\">{best:.2}</text>",
            LEFT + WIDTH + 8.0,
            y + 4.0
        );
    }
}

fn mark(svg: &mut String, column: Column, x: f64, y: f64) {
    let colour = MARKS
        .iter()
        .find(|(one, ..)| *one == column)
        .map_or("#000", |(_, _, colour)| colour);
    let _ = match column {
        Column::Armed => writeln!(
            svg,
            "<path d=\"M{x:.1} {:.1}v12\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            y - 6.0
        ),
        _ => writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>"
        ),
    };
}

fn place(ratio: f64) -> f64 {
    let (low, high) = (ENDS.0.ln(), ENDS.1.ln());
    let share = (ratio.clamp(ENDS.0, ENDS.1).ln() - low) / (high - low);
    LEFT + WIDTH * share
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
