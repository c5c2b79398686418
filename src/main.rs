//! Parse, plan, build the runtime, run, exit.

use std::io;
use std::path::Path;
use tidegate::cli::{self, generate};
use tidegate::error::{UsageError, reason};
use tidegate::exit::Exit;
use tidegate::plan::Plan;
use tidegate::{control, report, run};

fn main() {
    go().leave()
}

fn go() -> Exit {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help that nobody reads to its end is no failure.
            let _ = answer.print();
            return if answer.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            };
        }
    };
    if let Some(what) = cli.generate {
        return generate::write(what);
    }
    if let Some((path, words)) = cli.tell.as_deref().and_then(<[_]>::split_first) {
        return control::tell(Path::new(path), words);
    }
    match Plan::from_cli(&cli) {
        Ok(plan) => run_on_runtime(plan).unwrap_or_else(|error| {
            report::say(&format!("starting: {}", reason(&error)));
            Exit::Io
        }),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &UsageError) -> Exit {
    report::usage(error);
    Exit::Usage
}

fn run_on_runtime(plan: Plan) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let exit = runtime.block_on(run::run(plan))?;
    // A name server or a FIFO that does not answer must not keep us here.
    runtime.shutdown_background();
    Ok(exit)
}
