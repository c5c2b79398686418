//! Parse, plan, build the runtime, run, exit.

use std::io;
use std::panic;
use tidegate::cli::{self, Cli};
use tidegate::error::{UsageError, reason};
use tidegate::plan::explain;
use tidegate::plan::{self, Facts, HeldFiles, Plan};
use tidegate::platform::resources::{Allocator, ensure_descriptors, prepare};
use tidegate::session::exit::Exit;
use tidegate::session::report::Form;
use tidegate::session::{self, control, report};
use tidegate::transform;

/// Descriptors that the tokio runtime opens: the epoll queue and its duplicate, a waker, and for signals a pair of sockets
/// and the duplicate of one.
const RUNTIME_DESCRIPTORS: usize = 6;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new();

fn main() {
    report::report_panics();
    // Unwinding drops the transfer, which removes its temporary files and its control socket.
    panic::catch_unwind(start).unwrap_or(Exit::Io).leave()
}

fn start() -> Exit {
    match prepare() {
        Ok(()) => {
            ALLOCATOR.set_up_reserve();
            parse_and_run()
        }
        Err(error) => failed_to_start(Form::Lines, &error),
    }
}

fn failed_to_start(form: Form, error: &io::Error) -> Exit {
    report::fail(form, &format!("starting: {}", reason(error)));
    Exit::Io
}

fn parse_and_run() -> Exit {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(cli::Answer::Text(text)) => {
            // A reader of the help who stops before its end is no failure.
            let _ = text.print();
            return Exit::Success;
        }
        Err(cli::Answer::Nothing(help)) => {
            let _ = help.print();
            return Exit::Usage;
        }
        Err(cli::Answer::Refusal(error)) => {
            // Nothing was parsed, so it is not known whether `--progress json` asks for records.
            report::refuse(Form::Lines, &error);
            return Exit::Usage;
        }
    };
    act_on(&cli).unwrap_or_else(|error| {
        report::refuse(plan::form(&cli), &error);
        Exit::Usage
    })
}

/// Does what the command line asks for.
fn act_on(cli: &Cli) -> Result<Exit, UsageError> {
    cli::check_flags(cli)?;
    #[cfg(feature = "generate")]
    if let Some(what) = cli.generate {
        return Ok(cli::generate::write(what));
    }
    if let Some((whom, words)) = cli.tell.as_deref().and_then(<[_]>::split_first) {
        if cli.explain {
            return Err(UsageError::new(
                "--explain explains a transfer, and --tell is none",
            ));
        }
        return Ok(control::tell(whom, words));
    }
    if cli.transform.iter().any(|spec| spec == "help") {
        return Ok(report::answer(&transform::help()));
    }
    let plan = Plan::from_cli(cli, &Facts::now())?;
    if cli.explain {
        return Ok(report::answer(&explain::text(&plan)?));
    }
    let form = plan.form;
    if let Err(error) = ensure_descriptors(RUNTIME_DESCRIPTORS) {
        // Asked before files are held, which would report a lack of descriptors as a mistake of the user.
        return Ok(failed_to_start(form, &error));
    }
    let held = HeldFiles::of(&plan)?;
    Ok(run_on_runtime(plan, held).unwrap_or_else(|error| failed_to_start(form, &error)))
}

fn run_on_runtime(plan: Plan, held: HeldFiles) -> io::Result<Exit> {
    // tokio panics if it cannot open the sockets through which it hears of signals.
    ensure_descriptors(RUNTIME_DESCRIPTORS)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(session::run(plan, held))
}
