//! Asks for an object, follows redirects, and reads the head of the answer: when a download begins, and again where it goes on after
//! a cut.

use super::answer::{FirstLine, HeadReader};
use super::asked::{ASKING, Asked, SETTING_UP, not_answered, ready, send};
use super::body::Body;
use super::fields::{Field, request, shown};
use super::head::{Framing, Head};
use super::range::ContentRange;
use super::url::{Scheme, Url};
use super::validator::Validator;
use crate::endpoint::uri::Uri;
use crate::endpoint::{Announce, Context, Halves, OpenError, OpenFailure, Options};
use crate::error::{Side, UsageError};
use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the head of an answer may take, in which a server may have to make what was asked for.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// How long the first line of the body is waited for that tells why a request has failed.
const LINE_TIME: Duration = Duration::from_millis(500);

/// Why the kernel does not move what may be cut and go on.
pub(super) const MENDED: &str = "it goes on over another connection after a cut (#retry)";

/// How an object is asked for.
pub(super) struct Fetch {
    pub(super) asked: Asked,
    pub(super) redirects: u64,
    pub(super) retries: u64,
    pub(super) retry_wait: Duration,
}

/// Where in an object the answer is to begin, and what tells that it is the same object.
#[derive(Debug, Default)]
pub(super) struct From {
    pub(super) at: u64,
    /// Where nothing more is wanted, if that is before the end of the object.
    pub(super) until: Option<u64>,
    pub(super) validator: Option<Validator>,
}

impl From {
    /// The last byte that is wanted, if there is one.
    fn last(&self) -> Option<u64> {
        let last = self.until?.checked_sub(1);
        last.filter(|last| *last >= self.at)
    }

    /// Whether not all of the object is wanted.
    fn is_part(&self) -> bool {
        self.at > 0 || self.last().is_some()
    }
}

/// An answer that has an object, or the part of it that was asked for.
pub(super) struct Fetched {
    pub(super) halves: Halves,
    pub(super) body: Body,
    pub(super) head: Head,
    /// Where in the object the body begins.
    pub(super) first: u64,
    /// How many bytes the object has, if that is known.
    pub(super) whole: Option<u64>,
    /// Whether the body is a part of an object of which nobody knows the length, so that its end may not be the object's.
    pub(super) is_part_of_unknown: bool,
}

/// What an answer leads to.
enum Answered {
    Object(Box<Fetched>),
    Elsewhere(Url),
}

/// Why there is no such answer, and whether it may be there another time.
pub(super) struct NotFetched {
    pub(super) error: OpenError,
    pub(super) is_passing: bool,
}

impl NotFetched {
    fn passing(error: OpenError) -> Self {
        Self {
            error,
            is_passing: true,
        }
    }

    /// Where something that was given is wrong, a file of certificates say, it stays so.
    fn not_connected(error: OpenError) -> Self {
        Self {
            is_passing: error.act != SETTING_UP,
            error,
        }
    }

    fn for_good(why: String) -> Self {
        let why = OpenFailure::Text(why);
        Self {
            error: OpenError { act: ASKING, why },
            is_passing: false,
        }
    }

    /// The same, of a place that redirects have led to.
    fn at(self, url: &Url) -> Self {
        Self {
            error: self.error.where_it_was(&format!("redirected to {url}")),
            ..self
        }
    }

    fn io(error: &io::Error) -> Self {
        Self {
            is_passing: error.kind() != ErrorKind::InvalidData,
            error: not_answered(error),
        }
    }
}

impl Fetch {
    pub(super) fn of(
        scheme: Scheme,
        uri: &Uri,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, UsageError> {
        Ok(Self {
            asked: Asked::of(scheme, uri, options, context)?,
            redirects: options.number("redirects").unwrap_or(10),
            retries: options.number("retry").unwrap_or(0),
            retry_wait: options
                .duration("retry-wait")
                .unwrap_or(Duration::from_secs(1)),
        })
    }

    /// Asks for the object, as often as it may be tried.
    pub(super) async fn open(
        &self,
        fields: &[Field],
        from: &From,
        announce: &dyn Announce,
    ) -> Result<Fetched, OpenError> {
        let mut left = self.retries;
        loop {
            match self.fetch(fields, from, announce).await {
                Err(failed) if failed.is_passing && left > 0 => {
                    left -= 1;
                    let why = failed.error.reason();
                    let doing = format!("asking {} again ({why})", self.asked.url.host_field());
                    announce.waiting(Side::Source, doing);
                    sleep(self.retry_wait).await;
                }
                other => return other.map_err(|failed| failed.error),
            }
        }
    }

    /// Asks for the object once, and where redirects lead.
    pub(super) async fn fetch(
        &self,
        fields: &[Field],
        from: &From,
        announce: &dyn Announce,
    ) -> Result<Fetched, NotFetched> {
        let mut url = self.asked.url.clone();
        let mut left = self.redirects;
        loop {
            let led_here = url != self.asked.url;
            let answered = self.ask_at(&url, left, fields, from, announce).await;
            let answered =
                answered.map_err(|failed| if led_here { failed.at(&url) } else { failed });
            match answered? {
                Answered::Object(fetched) => return Ok(*fetched),
                Answered::Elsewhere(next) => {
                    announce.waiting(Side::Source, format!("following a redirect to {next}"));
                    (url, left) = (next, left.saturating_sub(1));
                }
            }
        }
    }

    /// Asks at one place, from which so many redirects may be followed.
    async fn ask_at(
        &self,
        url: &Url,
        redirects: u64,
        fields: &[Field],
        from: &From,
        announce: &dyn Announce,
    ) -> Result<Answered, NotFetched> {
        let connected = self.asked.connect(url, Side::Source, announce).await;
        let mut halves = connected.map_err(NotFetched::not_connected)?;
        announce.waiting(Side::Source, format!("waiting for the answer of {url}"));
        let text = self.request(url, fields, from);
        let asked = timeout(ANSWER_TIME, ask(&mut halves, &text)).await;
        let (head, rest) = match asked {
            Ok(answered) => answered.map_err(|error| NotFetched::io(&error))?,
            Err(_) => return Err(NotFetched::passing(no_answer())),
        };
        let Some(location) = redirect(&head) else {
            let fetched = fetched(halves, head, rest, from).await?;
            return Ok(Answered::Object(Box::new(fetched)));
        };
        if redirects == 0 {
            let most = self.redirects;
            let why = format!(
                "more than {most} redirects (#redirects), the last to {}",
                shown(location)
            );
            return Err(NotFetched::for_good(why));
        }
        let next = url.follow(location).map_err(|why| {
            let status = head.status_in_words();
            NotFetched::for_good(format!("the server answered {status}, but {why}"))
        })?;
        Ok(Answered::Elsewhere(next))
    }

    fn request(&self, url: &Url, fields: &[Field], from: &From) -> String {
        let mut text = request("GET", url, &self.asked.url, fields);
        // Writing to a string cannot fail. An If-Range goes with a Range only (RFC 9110, section 13.1.5).
        if from.is_part() {
            let _ = write!(text, "Range: bytes={}-", from.at);
            if let Some(last) = from.last() {
                let _ = write!(text, "{last}");
            }
            text.push_str("\r\n");
            if let Some(validator) = from.validator.as_ref().and_then(Validator::text) {
                let _ = write!(text, "If-Range: {validator}\r\n");
            }
        }
        text + "\r\n"
    }
}

fn no_answer() -> OpenError {
    let time = humantime::format_duration(ANSWER_TIME);
    OpenError {
        act: ASKING,
        why: OpenFailure::Timeout(format!("no answer within {time}")),
    }
}

/// Sends a request, and reads the head of the final answer to it.
async fn ask(halves: &mut Halves, text: &str) -> io::Result<(Head, Vec<u8>)> {
    send(&mut *halves.sink, text.as_bytes()).await?;
    let mut heads = HeadReader::default();
    loop {
        match heads.next(&mut *halves.source) {
            Ok(head) if head.is_interim() => {}
            Ok(head) => return Ok((head, heads.into_rest())),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ready(halves.source.ready()).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Where an answer leads.
pub(super) fn redirect(head: &Head) -> Option<&[u8]> {
    let leads = matches!(head.status, 301 | 302 | 303 | 307 | 308);
    head.value("location").filter(|_| leads)
}

/// The object in a final answer.
async fn fetched(
    halves: Halves,
    head: Head,
    rest: Vec<u8>,
    from: &From,
) -> Result<Fetched, NotFetched> {
    let framing = head.framing().map_err(NotFetched::for_good)?;
    let range = head.value("content-range").map(ContentRange::parse);
    let (first, whole, framing) = match (head.status, range) {
        (200, _) => (0, length(framing), framing),
        (
            206,
            Some(Some(ContentRange::Part {
                first,
                length: has,
                total,
            })),
        ) if first == from.at && from.is_part() => {
            let refused = |why: &str| Err(NotFetched::for_good(why.to_owned()));
            // A part is as long as it says, however it is framed: what is too much must never be joined to what was read.
            match framing {
                Framing::Length(length) if length != has => {
                    return refused("the answer has another length than its Content-Range");
                }
                Framing::Chunked => return refused("the server sent a part in chunks"),
                Framing::Length(_) | Framing::UntilClose => {}
            }
            (first, total, Framing::Length(has))
        }
        (206, _) => {
            let range = head.value("content-range").map(shown).unwrap_or_default();
            let why = format!(
                "the server sent another part than was asked for (from byte {} on): Content-Range '{range}'",
                from.at
            );
            return Err(NotFetched::for_good(why));
        }
        // There is nothing behind what was to be skipped.
        (416, Some(Some(ContentRange::Outside(total))))
            if total <= from.at && from.validator.is_none() =>
        {
            (total, Some(total), Framing::Length(0))
        }
        _ => return Err(refused(halves, &head, rest).await),
    };
    let rest = if framing == Framing::Length(0) {
        Vec::new()
    } else {
        rest
    };
    Ok(Fetched {
        halves,
        body: Body::new(framing, rest),
        is_part_of_unknown: head.status == 206 && whole.is_none(),
        head,
        first,
        whole,
    })
}

fn length(framing: Framing) -> Option<u64> {
    match framing {
        Framing::Length(length) => Some(length),
        Framing::Chunked | Framing::UntilClose => None,
    }
}

/// The failure of a request that was answered otherwise.
async fn refused(mut halves: Halves, head: &Head, rest: Vec<u8>) -> NotFetched {
    let mut line = FirstLine::new(head, rest);
    let read = async {
        while !line.read(&mut *halves.source) {
            if ready(halves.source.ready()).await.is_err() {
                break;
            }
        }
    };
    // What has come by then is told.
    let _ = timeout(LINE_TIME, read).await;
    NotFetched {
        is_passing: matches!(head.status, 408 | 429 | 500 | 502 | 503 | 504),
        ..NotFetched::for_good(line.told(head))
    }
}
