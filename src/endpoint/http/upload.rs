//! Opens an `http://` or `https://` sink: connects. Nothing is sent before it is known how many bytes there will be.

use super::asked::{Asked, CLOSE_TIME};
use super::fields::request;
use super::sink::HttpSink;
use super::url::Scheme;
use crate::endpoint::uri::Uri;
use crate::endpoint::{
    Announce, Context, EndPlan, Opening, Options, Prepared, PreparedSink, Preview, Sink, SinkPlan,
};
use crate::error::{Side, UsageError};
use std::time::Duration;

/// An `http://` sink that was asked for.
pub(super) struct UploadPlan {
    asked: Asked,
    method: &'static str,
    /// How long the connection may take to end, once the answer has come.
    close_time: Duration,
}

impl UploadPlan {
    pub(super) fn of(
        scheme: Scheme,
        uri: &Uri,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, UsageError> {
        Ok(Self {
            asked: Asked::of(scheme, uri, options, context)?,
            method: options.word("method").unwrap_or("PUT"),
            close_time: options.duration("close-timeout").unwrap_or(CLOSE_TIME),
        })
    }
}

impl EndPlan for UploadPlan {
    fn preview(&self, _: Side) -> Preview {
        let (url, opening) = self.asked.words();
        Preview {
            opening: Some(format!(
                "{opening}; sends the length of the body with the request where it is known, and else the body in chunks"
            )),
            raw: self.asked.raw(),
            condition: Some("the size is known"),
            ..Preview::new(
                format!("{}s to {url}", self.method),
                "once the server has answered 2xx after the last byte (accepted)",
            )
        }
    }
}

impl SinkPlan for UploadPlan {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        Box::pin(async move {
            let fields = self.asked.fields().await?;
            let open = async move {
                let url = &self.asked.url;
                let halves = self.asked.connect(url, Side::Sink, announce).await?;
                let head = request(self.method, url, url, &fields);
                let sink = HttpSink::new(halves, url.clone(), head, self.close_time);
                Ok(Box::new(sink) as Box<dyn Sink>)
            };
            Ok(Prepared::new(None, open))
        })
    }
}
