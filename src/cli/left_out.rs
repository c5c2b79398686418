//! Flags that a build may be without. Such a flag is read all the same, so that it is refused by its name and not as an
//! unknown one; no help shows it.

use super::flags::Cli;
use crate::error::UsageError;
use clap::Arg;

/// A flag that takes a feature of Cargo's.
struct Featured {
    flag: &'static str,
    is_given: fn(&Cli) -> bool,
    feature: &'static str,
    is_here: bool,
}

const FEATURED: [Featured; 3] = [
    Featured {
        flag: "digest-file",
        is_given: |cli| cli.digest_file.is_some(),
        feature: "digests",
        is_here: cfg!(feature = "digests"),
    },
    Featured {
        flag: "plot",
        is_given: |cli| cli.plot.is_some(),
        feature: "plot",
        is_here: cfg!(feature = "plot"),
    },
    Featured {
        flag: "generate",
        is_given: |cli| cli.generate.is_some(),
        feature: "generate",
        is_here: cfg!(feature = "generate"),
    },
];

/// The flag as help shows it: not at all, if this build does not have it.
pub(super) fn hidden(argument: Arg) -> Arg {
    let mut left_out = FEATURED.iter().filter(|it| !it.is_here);
    if left_out.any(|it| argument.get_long() == Some(it.flag)) {
        argument.hide(true)
    } else {
        argument
    }
}

/// Refuses a flag that this build does not have.
///
/// # Errors
/// When there is one; the message names it, and the feature that it takes.
pub fn check_flags(cli: &Cli) -> Result<(), UsageError> {
    refuse(FEATURED.iter().filter(|it| !it.is_here), cli)
}

fn refuse<'a>(
    mut left_out: impl Iterator<Item = &'a Featured>,
    cli: &Cli,
) -> Result<(), UsageError> {
    left_out.find(|it| (it.is_given)(cli)).map_or(Ok(()), |it| {
        let flag = format!("--{}", it.flag);
        Err(UsageError::left_out(&flag, it.feature))
    })
}

#[cfg(test)]
mod tests {
    use super::{FEATURED, refuse};
    use crate::cli::Cli;
    use clap::Parser;

    #[test]
    fn a_flag_that_is_left_out_is_refused_by_its_name_with_the_feature_that_it_takes() {
        for (line, told) in [
            ("--digest-file sums a b", Some(("--digest-file", "digests"))),
            ("a b --plot a.svg", Some(("--plot", "plot"))),
            ("--generate man", Some(("--generate", "generate"))),
            ("-t sha256 --trace a b", None),
        ] {
            let cli = Cli::parse_from(["tidegate"].into_iter().chain(line.split(' ')));
            let expected = told.map(|(flag, feature)| {
                format!("this build has no {flag}; it was built without the feature {feature}")
            });
            let refused = refuse(FEATURED.iter(), &cli).err();
            assert_eq!(refused.map(|it| it.to_string()), expected, "{line}");
        }
    }
}
