//! The colours of the style sheets, as they are seen: everybody tells them apart, and from the paper, in both themes.
//!
//! Colour vision deficiencies are simulated by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model
//! for Simulation of Color Vision Deficiency" (2009), for a whole cone missing; distances are those of CIELAB (ISO/CIE 11664-4),
//! for a D65 white; contrast is that of WCAG 2.2.

type Rgb = [f64; 3];
type Matrix = [Rgb; 3];

/// How eyes see linear RGB.
const EYES: [(&str, Matrix); 4] = [
    (
        "normal",
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// From linear sRGB to CIE XYZ (IEC 61966-2-1), as parts of the white.
const XYZ: Matrix = [
    [0.433_953, 0.376_219, 0.189_828],
    [0.212_673, 0.715_152, 0.072_175],
    [0.017_758, 0.109_477, 0.872_765],
];

/// The least distance in CIELAB: ten times that which is just noticed.
const APART: f64 = 23.0;

/// The least contrast of what is drawn to its paper, and of words to what they stand on (WCAG 2.2, 1.4.11 and 1.4.3).
const DRAWN: f64 = 3.0;
const WRITTEN: f64 = 4.5;

/// The areas that touch: any two phases may follow each other.
const PHASES: [&str; 5] = ["source", "sink", "rate", "transform", "moving"];

/// What may cross in one panel.
const LINES: [&[&str]; 2] = [
    &["line", "average", "limit", "hatch"],
    &["line", "mark", "hatch"],
];

/// The lines of several sinks.
const SINKS: [&str; 5] = ["nth-1", "nth-2", "nth-3", "nth-4", "nth-5"];

/// The rules of both style sheets for a theme, those that hold last.
struct Theme {
    name: &'static str,
    rules: Vec<&'static str>,
}

impl Theme {
    fn both() -> [Self; 2] {
        let sheets = [
            include_str!("../../../templates/plot/style.css"),
            include_str!("../../../templates/plot/sinks.css"),
        ];
        let parts = sheets.map(|sheet| sheet.split_once("@media").unwrap());
        let light: Vec<_> = parts.iter().flat_map(|(it, _)| it.lines()).collect();
        let dark = parts.iter().flat_map(|(_, it)| it.lines());
        let dark = light.iter().copied().chain(dark).collect();
        [("light", light), ("dark", dark)].map(|(name, rules)| Self { name, rules })
    }

    /// The colour of a class: what it is filled with, or else its line.
    fn colour(&self, class: &str) -> Rgb {
        let of = |property| self.property(class, property);
        linear(of("fill").or_else(|| of("stroke")).unwrap())
    }

    fn property(&self, class: &str, property: &str) -> Option<&'static str> {
        let rules = self.rules.iter().rev();
        let mut values = rules.filter_map(|rule| {
            let (selectors, rest) = rule.split_once(" { ")?;
            let mut selectors = selectors.split(", ");
            selectors.find(|it| it.strip_prefix("svg .") == Some(class))?;
            let mut pairs = rest.split("; ").filter_map(|pair| pair.split_once(": "));
            let (_, value) = pairs.find(|(name, _)| *name == property)?;
            Some(value.split(';').next().unwrap_or(value))
        });
        values.next()
    }
}

/// The linear parts of `#rrggbb`.
fn linear(colour: &str) -> Rgb {
    let number = u32::from_str_radix(colour.strip_prefix('#').unwrap(), 16).unwrap();
    [16, 8, 0].map(|bits| {
        let part = f64::from(number >> bits & 0xff) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn times(matrix: &Matrix, colour: Rgb) -> Rgb {
    matrix.map(|row| row.iter().zip(colour).map(|(one, other)| one * other).sum())
}

fn lab(colour: Rgb) -> [f64; 3] {
    let [x, y, z] = times(&XYZ, colour).map(|part| {
        if part > 216.0 / 24_389.0 {
            part.cbrt()
        } else {
            (24_389.0 / 27.0 * part + 16.0) / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// How far apart two colours are for these eyes.
fn distance(eyes: &Matrix, one: Rgb, other: Rgb) -> f64 {
    let seen = |colour| lab(times(eyes, colour).map(|part| part.clamp(0.0, 1.0)));
    let parts = seen(one).into_iter().zip(seen(other));
    let squares: f64 = parts.map(|(one, other)| (one - other).powi(2)).sum();
    squares.sqrt()
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let [one, other] = [one, other].map(|it| times(&XYZ, it)[1] + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn distances_and_contrasts_are_those_of_the_books() {
    let [black, white, red] = ["#000000", "#ffffff", "#ff0000"].map(linear);
    let (_, normal) = &EYES[0];
    assert!((distance(normal, black, white) - 100.0).abs() < 0.01);
    assert!((contrast(black, white) - 21.0).abs() < 0.01);
    let expected = [53.24, 80.09, 67.20];
    let near = |(is, expected): (f64, f64)| (is - expected).abs() < 0.05;
    assert!(
        lab(red).into_iter().zip(expected).all(near),
        "{:?}",
        lab(red)
    );
}

#[test]
fn colours_beside_each_other_are_told_apart_by_the_colour_blind_too() {
    let groups = [&PHASES[..], &SINKS[..]].into_iter().chain(LINES);
    let groups: Vec<_> = groups.collect();
    for theme in Theme::both() {
        for (name, eyes) in &EYES {
            for group in &groups {
                for (n, one) in group.iter().enumerate() {
                    for other in &group[..n] {
                        let apart = distance(eyes, theme.colour(one), theme.colour(other));
                        let theme = theme.name;
                        assert!(apart >= APART, "{theme}, {name}: {one}, {other}: {apart}");
                    }
                }
            }
        }
    }
}

#[test]
fn all_that_is_drawn_stands_out_from_the_paper_and_words_from_the_bar() {
    for theme in Theme::both() {
        let paper = theme.colour("paper");
        for class in PHASES.iter().chain(&SINKS).chain(LINES.concat().iter()) {
            let ratio = contrast(theme.colour(class), paper);
            assert!(ratio >= DRAWN, "{}: {class}: {ratio}", theme.name);
        }
        for phase in PHASES {
            let own = theme.property(&format!("on-{phase}"), "fill");
            let words = own.or_else(|| theme.property("percent", "fill")).unwrap();
            let ratio = contrast(theme.colour(phase), linear(words));
            assert!(ratio >= WRITTEN, "{}: on {phase}: {ratio}", theme.name);
        }
    }
}

#[test]
fn a_line_of_the_paper_parts_areas_that_touch() {
    for theme in Theme::both() {
        for phase in PHASES {
            let line = theme.property(phase, "stroke");
            assert_eq!(line, theme.property("paper", "fill"), "{phase}");
        }
    }
}
