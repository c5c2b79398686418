//! What a server says while something is sent to it: that it wants the body, or its answer, which may come at any time.

use super::answer::{FirstLine, HeadReader, reason};
use super::asked::wait_briefly;
use super::fetch::redirect;
use super::fields::shown;
use super::head::Head;
use super::url::Url;
use crate::endpoint::Source;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// How long the first line of an answer is waited for that ends the sending.
const LINE_TIME: Duration = Duration::from_millis(300);

/// The answer to an upload, as far as it has come.
pub(super) struct Hearing {
    /// `None` once it was closed.
    pub(super) source: Option<Box<dyn Source>>,
    url: Url,
    heads: HeadReader,
    /// Whether the server has said that it wants the body.
    pub(super) wants_body: bool,
    /// The answer, once it has come after everything was sent, and accepts it.
    pub(super) answer: Option<Head>,
}

impl Hearing {
    /// Nothing was heard yet from `source`, which answers for `url`.
    pub(super) fn new(source: Box<dyn Source>, url: Url) -> Self {
        Self {
            source: Some(source),
            url,
            heads: HeadReader::default(),
            wants_body: false,
            answer: None,
        }
    }

    /// Hears what there is.
    ///
    /// # Errors
    /// When the connection fails, or the answer is not that everything was accepted.
    pub(super) fn hear(&mut self, is_all_sent: bool) -> io::Result<()> {
        let Some(mut source) = self.source.take() else {
            return Ok(());
        };
        let heard = self.hear_from(&mut *source, is_all_sent);
        self.source = Some(source);
        heard
    }

    fn hear_from(&mut self, source: &mut dyn Source, is_all_sent: bool) -> io::Result<()> {
        while self.answer.is_none() {
            match self.heads.next(source) {
                Ok(head) if head.is_interim() => self.wants_body |= head.status == 100,
                Ok(head) if is_all_sent && (200..300).contains(&head.status) => {
                    self.answer = Some(head);
                }
                Ok(head) => {
                    let rest = std::mem::take(&mut self.heads).into_rest();
                    return Err(self.refusal(source, &head, rest));
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(()),
                    ErrorKind::Interrupted => {}
                    ErrorKind::UnexpectedEof | ErrorKind::InvalidData => {
                        return Err(io::Error::other(reason(&error)));
                    }
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// The failure of an answer that is not 2xx, or came before everything was sent.
    fn refusal(&self, source: &mut dyn Source, head: &Head, rest: Vec<u8>) -> io::Error {
        if let Some(location) = redirect(head) {
            let to = self.url.follow(location);
            let to = to.map_or_else(|_| shown(location), |url| url.to_string());
            let status = head.status_in_words();
            return io::Error::other(format!(
                "the server answered {status}: it wants the upload at {to}"
            ));
        }
        if (200..300).contains(&head.status) {
            let status = head.status_in_words();
            return io::Error::other(format!(
                "the server answered {status} before everything was sent"
            ));
        }
        let mut line = FirstLine::new(head, rest);
        let until = Instant::now() + LINE_TIME;
        while !line.read(source) {
            if wait_briefly(source.ready(), until) {
                break;
            }
        }
        io::Error::other(line.told(head))
    }
}
