//! An open `http://` or `https://` source: reads the body of an answer, and where the connection is cut asks for the rest over another one.

use super::asked::{CLOSE_TIME, close, fd_of};
use super::body::Body;
use super::fetch::{Fetch, Fetched, From, MENDED, NotFetched};
use super::fields::Field;
use super::head::Head;
use super::validator::Validator;
use crate::endpoint::{
    Announce, Halves, KernelSource, Raw, Source, SourceChanged, SourceFacts, Unfit,
};
use crate::engine::wait::Ready;
use crate::error::Side;
use crate::platform::sync::Lock;
use crate::platform::{FdAt, WakeFd, threads};
use crate::text::words::bytes_exactly;
use std::io::{self, ErrorKind, PipeWriter};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime;

/// A body under way.
pub(super) struct HttpSource {
    fetch: Arc<Fetch>,
    fields: Arc<[Field]>,
    channel: Channel,
    /// Where in the object we are.
    at: u64,
    /// Where nothing more is wanted, if that is before its end.
    until: Option<u64>,
    /// Bytes that the server has left out, since they are to be skipped.
    skipped: u64,
    /// How many bytes the object has, if that is known.
    whole: Option<u64>,
    /// Whether the end of the body may not be that of the object, whose length nobody knows.
    is_part_of_unknown: bool,
    validator: Option<Validator>,
    /// Tries in a row that have brought no new byte.
    tries: u64,
    facts: SourceFacts,
}

enum Channel {
    Open(Halves, Body),
    Reopening(Arc<Reopening>),
}

/// Another connection, on its way from the thread that makes it.
struct Reopening {
    fetched: Lock<Handed>,
    has_come: WakeFd,
}

#[derive(Default)]
struct Handed(Option<Result<Fetched, NotFetched>>);

impl HttpSource {
    /// An object of which nothing more is wanted `until` there.
    pub(super) fn new(
        fetch: Arc<Fetch>,
        fields: Vec<Field>,
        fetched: Fetched,
        until: Option<u64>,
    ) -> Self {
        let Fetched {
            halves,
            body,
            head,
            first,
            whole,
            is_part_of_unknown,
        } = fetched;
        Self {
            fetch,
            fields: fields.into(),
            validator: Validator::of(&head),
            at: first,
            until,
            skipped: first,
            whole,
            is_part_of_unknown,
            tries: 0,
            facts: SourceFacts {
                size: whole,
                begins_anywhere: sends_parts(&head),
                ..halves.source.facts()
            },
            channel: Channel::Open(halves, body),
        }
    }

    /// How much has come when it was cut, in words.
    fn cut_short(&self) -> String {
        let came = bytes_exactly(self.at);
        match self.whole {
            Some(whole) => format!("cut short after {} of {}", self.at, bytes_exactly(whole)),
            None => format!("cut short after {came}"),
        }
    }

    fn cut(&self, error: &io::Error) -> io::Error {
        let cut = self.cut_short();
        match error.kind() {
            ErrorKind::UnexpectedEof => io::Error::new(ErrorKind::UnexpectedEof, cut),
            kind => io::Error::new(kind, format!("{cut}: {}", crate::error::reason(error))),
        }
    }

    /// The body has ended. That is the end of the object, or of what is wanted of it, unless it was cut.
    fn check_end(&self) -> io::Result<()> {
        if self.until.is_some_and(|until| self.at >= until) {
            return Ok(());
        }
        if self.whole.is_some_and(|whole| self.at < whole) {
            return Err(self.cut(&ErrorKind::UnexpectedEof.into()));
        }
        if self.is_part_of_unknown {
            let why = "the server sent a part, and does not say of how much";
            let why = format!("{}: {why}", self.cut_short());
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        Ok(())
    }

    /// The connection was cut: asks for what is left, or fails like this.
    fn go_on_after(&mut self, error: io::Error) -> io::Result<()> {
        let can_go_on = self.whole.is_some() && self.validator.is_some();
        if self.tries >= self.fetch.retries || !can_go_on {
            let no_way = self.fetch.retries > 0 && !can_go_on;
            return Err(if no_way {
                let why = "the server gives no strong validator (ETag, Last-Modified) and length to go on by";
                io::Error::new(error.kind(), format!("{error}; {why}"))
            } else {
                error
            });
        }
        self.tries += 1;
        let reopening = Arc::new(Reopening {
            fetched: Lock::new(Handed::default()),
            has_come: WakeFd::new()?,
        });
        let from = From {
            at: self.at,
            until: self.until,
            validator: self.validator.clone(),
        };
        let (fetch, fields) = (Arc::clone(&self.fetch), Arc::clone(&self.fields));
        let theirs = Arc::clone(&reopening);
        threads::spawn("http", move || {
            let fetched = reopen(&fetch, &fields, &from);
            theirs.fetched.lock().0 = Some(fetched);
            theirs.has_come.raise();
        })?;
        self.channel = Channel::Reopening(reopening);
        Ok(())
    }

    /// Goes on over another connection.
    fn go_on_with(&mut self, fetched: Fetched) -> io::Result<()> {
        let validator = self.validator.as_ref();
        let is_same = fetched.first == self.at
            && fetched.whole == self.whole
            && validator.is_some_and(|it| it.agrees_with(&fetched.head));
        if !is_same {
            return Err(
                SourceChanged(format!("the object has changed; {}", self.cut_short())).into(),
            );
        }
        self.channel = Channel::Open(fetched.halves, fetched.body);
        Ok(())
    }
}

/// Whether the server has sent a part, or says that it does (RFC 9110, section 14.3).
fn sends_parts(head: &Head) -> bool {
    let says_so = |units: &[u8]| units.eq_ignore_ascii_case(b"bytes");
    head.status == 206 || head.value("accept-ranges").is_some_and(says_so)
}

/// Asks once more, on a thread of its own.
fn reopen(fetch: &Fetch, fields: &[Field], from: &From) -> Result<Fetched, NotFetched> {
    let no_runtime = |error| NotFetched {
        error: super::asked::not_answered(&error),
        is_passing: true,
    };
    let mut runtime = runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(no_runtime)?;
    runtime.block_on(async {
        tokio::time::sleep(fetch.retry_wait).await;
        fetch.fetch(fields, from, &Unheard).await
    })
}

/// Nobody is told of a connection that is made in the midst of a transfer.
struct Unheard;

impl Announce for Unheard {
    fn waiting(&self, _: Side, _: String) {}
    fn listening(&self, _: Side, _: &str, _: &str) {}
    fn refused(&self, _: Side, _: &str, _: &'static str) {}
    fn turned_away(&self, _: Side, _: &str, _: &str) {}
    fn warning(&self, _: Side, _: &str) {}
    fn stderr_of_command(&self) -> Option<PipeWriter> {
        None
    }
    fn reads_stdin(&self) -> bool {
        false
    }
    fn writes_stdout(&self) -> bool {
        false
    }
}

impl Source for HttpSource {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.channel {
                Channel::Open(halves, body) => match body.read(&mut *halves.source, buf) {
                    Ok(0) => match self.check_end() {
                        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                            self.go_on_after(error)?;
                        }
                        end => return end.map(|()| 0),
                    },
                    Ok(n) => {
                        self.at += n as u64;
                        self.tries = 0;
                        return Ok(n);
                    }
                    Err(error) => match error.kind() {
                        ErrorKind::WouldBlock | ErrorKind::Interrupted | ErrorKind::InvalidData => {
                            return Err(error);
                        }
                        _ => self.go_on_after(self.cut(&error))?,
                    },
                },
                Channel::Reopening(reopening) => {
                    let fetched = reopening.fetched.lock().0.take();
                    match fetched.ok_or(ErrorKind::WouldBlock)? {
                        Ok(fetched) => self.go_on_with(fetched)?,
                        Err(failed) => {
                            let why = format!("{}; {}", self.cut_short(), failed.error.reason());
                            let error = io::Error::other(why);
                            if !failed.is_passing {
                                return Err(error);
                            }
                            self.go_on_after(error)?;
                        }
                    }
                }
            }
        }
    }

    fn ready(&self) -> Ready<'_> {
        match &self.channel {
            // Nothing more is waited for of a server that keeps the connection open.
            Channel::Open(_, body) if body.left() == Some(0) => Ready::At(Instant::now()),
            Channel::Open(halves, _) => halves.source.ready(),
            Channel::Reopening(reopening) => Ready::Readable(reopening.has_come.as_fd()),
        }
    }

    fn facts(&self) -> SourceFacts {
        self.facts.clone()
    }

    fn size_is_checked(&mut self, left: Option<u64>) {
        if let Channel::Open(halves, body) = &mut self.channel {
            let here = self.skipped + body.held();
            halves
                .source
                .size_is_checked(left.and_then(|left| left.checked_sub(here)));
        }
    }

    fn seek_ahead(&mut self, n: u64) -> io::Result<u64> {
        let skipped = self.skipped.min(n);
        self.skipped = 0;
        Ok(skipped)
    }

    fn kernel(&mut self) -> Result<(Raw, &mut dyn KernelSource), Unfit> {
        let Channel::Open(halves, body) = &mut self.channel else {
            return Err(MENDED);
        };
        if self.fetch.retries > 0 {
            return Err(MENDED);
        }
        if let Some(why) = body.needs_us() {
            return Err(why);
        }
        let (raw, _) = halves.source.kernel()?;
        Ok((raw, self))
    }

    fn close(self: Box<Self>) {
        if let Channel::Open(mut halves, _) = self.channel {
            close(halves.source, &mut *halves.sink, CLOSE_TIME);
        }
    }
}

impl KernelSource for HttpSource {
    fn at(&self) -> Option<FdAt<'_>> {
        let Channel::Open(halves, _) = &self.channel else {
            return None;
        };
        fd_of(halves.source.ready()).map(Into::into)
    }

    fn claim(&mut self, most: u64) -> io::Result<u64> {
        Ok(match &self.channel {
            Channel::Open(_, body) => most.min(body.left().unwrap_or(most)),
            Channel::Reopening(_) => 0,
        })
    }

    fn moved(&mut self, n: u64) {
        self.at += n;
        if let Channel::Open(_, body) = &mut self.channel {
            body.moved(n);
        }
    }

    fn has_ended(&mut self) -> io::Result<bool> {
        let Channel::Open(halves, body) = &mut self.channel else {
            return Err(ErrorKind::Unsupported.into());
        };
        let is_at_end = match body.left() {
            Some(0) => true,
            _ => match halves.source.kernel() {
                Ok((_, source)) => source.has_ended()?,
                Err(_) => return Err(ErrorKind::Unsupported.into()),
            },
        };
        if is_at_end {
            self.check_end()?;
        }
        Ok(is_at_end)
    }

    fn gather(&mut self, bytes: u64) {
        if let Channel::Open(halves, body) = &mut self.channel
            && let Ok((_, source)) = halves.source.kernel()
        {
            source.gather(bytes.min(body.left().unwrap_or(bytes)).max(1));
        }
    }
}
