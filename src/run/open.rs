//! Opens both ends: first what waits for nobody, then, once they are known to be different files, the rest.

use super::{GRACE, Outcome};
use crate::display::{Draw, SideFile, Stats};
use crate::endpoint::{
    Announce, EndPlan, FileId, Opening, Prospect, Sink, SinkPlan, Source, SourcePlan,
};
use crate::error::{Side, reason};
use crate::plan::Plan;
use crate::refusal::{self, EndFiles};
use crate::report::Voice;
use crate::signal::{self, Event, Signals};
use std::cell::RefCell;
use std::net::SocketAddr;
use tokio::time::timeout;

/// Both ends, open.
pub(super) struct Ends {
    pub(super) source: Box<dyn Source>,
    pub(super) sink: Box<dyn Sink>,
}

/// The files that are written to beside the sink.
pub(super) struct Beside {
    pub(super) stats: Vec<SideFile>,
    pub(super) drawings: Vec<(SideFile, Draw)>,
}

/// What opening came to, and what is told of it, which exists either way.
pub(super) struct Opened {
    pub(super) ends: Result<Ends, Outcome>,
    pub(super) stats: Vec<Stats>,
    pub(super) drawings: Vec<(SideFile, Draw)>,
}

/// Opens, unless a signal comes first.
pub(super) async fn open(
    plan: &mut Plan,
    mut beside: Beside,
    signals: &mut Signals,
    voice: &Voice,
) -> Opened {
    let announcer = Announcer::new(voice);
    let prepared = until_signal(prepare(plan, &announcer), signals, voice)
        .await
        .and_then(|done| done);
    announcer.is_heard().await;
    let checked = prepared.and_then(|()| different_files(plan, &beside));
    if checked.is_err() {
        beside.leave_alone(end_files(plan));
    }
    let stats = announcer.start_stats(beside.stats);
    let ends = match checked {
        Ok(()) => until_signal(establish(plan), signals, voice)
            .await
            .and_then(|done| done),
        Err(refusal) => Err(refusal),
    };
    Opened {
        ends,
        stats,
        drawings: beside.drawings,
    }
}

impl Beside {
    /// Writes into none of these.
    fn leave_alone(&mut self, ends: EndFiles) {
        self.stats.retain(|file| !ends.contain(file.id));
        self.drawings.retain(|(file, _)| !ends.contain(file.id));
    }
}

async fn until_signal<T>(
    work: impl Future<Output = T>,
    signals: &mut Signals,
    voice: &Voice,
) -> Result<T, Outcome> {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            event = signals.next() => match event {
                Event::End(number) => return Err(Outcome::Interrupted(number)),
                Event::Status => voice.say("waiting for both ends to open"),
                Event::Stop => signal::stop(),
                Event::Continued => {}
            },
        }
    }
}

async fn prepare(plan: &mut Plan, announcer: &Announcer<'_>) -> Result<(), Outcome> {
    let source = plan.source.end.prepare(Side::Source, announcer).await;
    source.map_err(|error| Outcome::Failed(error.at(Side::Source, &plan.source.uri)))?;
    let sink = plan.sink.end.prepare(Side::Sink, announcer).await;
    sink.map_err(|error| Outcome::Failed(error.at(Side::Sink, &plan.sink.uri)))
}

/// Waits for peers on both ends at once: each may need the other to come.
async fn establish(plan: &mut Plan) -> Result<Ends, Outcome> {
    let source = std::mem::replace(&mut plan.source.end, Box::new(Gone)).open();
    let sink = std::mem::replace(&mut plan.sink.end, Box::new(Gone)).open();
    let source = async {
        source
            .await
            .map_err(|error| Outcome::Failed(error.at(Side::Source, &plan.source.uri)))
    };
    let sink = async {
        sink.await
            .map_err(|error| Outcome::Failed(error.at(Side::Sink, &plan.sink.uri)))
    };
    let (source, sink) = tokio::try_join!(source, sink)?;
    Ok(Ends { source, sink })
}

/// Refuses to eat our own tail.
fn different_files(plan: &Plan, beside: &Beside) -> Result<(), Outcome> {
    let of = |file: &SideFile| (file.flag, file.id);
    let records: Vec<_> = beside.stats.iter().map(of).collect();
    let drawings: Vec<_> = beside.drawings.iter().map(|(file, _)| of(file)).collect();
    refusal::same_file(plan, end_files(plan), &records, &drawings).map_err(Outcome::Failed)
}

/// The files that the ends are, known once they are prepared.
fn end_files(plan: &Plan) -> EndFiles {
    EndFiles {
        source: plan.source.end.file_id(),
        sink: plan.sink.end.file_id(),
    }
}

/// Says where a listening end listens, at once to the user, and in the records as soon as there are any.
struct Announcer<'a> {
    voice: &'a Voice,
    heard: RefCell<Vec<(Side, String)>>,
}

impl Announce for Announcer<'_> {
    fn listening(&self, side: Side, address: SocketAddr) {
        self.voice.announce(&format!("listening on {address}"));
        self.heard.borrow_mut().push((side, address.to_string()));
    }
}

impl<'a> Announcer<'a> {
    fn new(voice: &'a Voice) -> Self {
        let heard = RefCell::default();
        Self { voice, heard }
    }

    /// Resolves once everybody knows who listens; a log that nobody reads is not waited for.
    async fn is_heard(&self) {
        if !self.heard.borrow().is_empty() {
            let _ = timeout(GRACE, self.voice.flushed()).await;
        }
    }

    /// Starts the records. A transfer is worth more than they are: without them it goes on.
    fn start_stats(self, files: impl IntoIterator<Item = SideFile>) -> Vec<Stats> {
        let Self { voice, heard } = self;
        let heard = heard.into_inner();
        let start = |file: SideFile| {
            let flag = file.flag;
            let started = file.into_empty().and_then(|file| Stats::start(flag, file));
            let told = |error| voice.say(&format!("opening {flag}: {}", reason(&error)));
            let stats = started.map_err(told).ok()?;
            for (side, address) in &heard {
                stats.listening(*side, address);
            }
            Some(stats)
        };
        files.into_iter().filter_map(start).collect()
    }
}

/// Stands where a plan was that has been opened.
struct Gone;

impl EndPlan for Gone {
    fn prospect(&self, _: Side) -> Prospect {
        Prospect::new("an end that has been opened", "its own")
    }

    fn file_id(&self) -> Option<FileId> {
        None
    }
}

impl SourcePlan for Gone {
    fn open(self: Box<Self>) -> Opening<'static, Box<dyn Source>> {
        Box::pin(std::future::pending())
    }
}

impl SinkPlan for Gone {
    fn open(self: Box<Self>) -> Opening<'static, Box<dyn Sink>> {
        Box::pin(std::future::pending())
    }
}
