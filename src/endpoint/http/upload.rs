//! Opens an `http://` sink: connects. Nothing is sent before it is known how many bytes there will be.

use super::asked::Asked;
use super::fields::request;
use super::sink::HttpSink;
use crate::endpoint::uri::Uri;
use crate::endpoint::{
    Announce, EndPlan, Opening, Options, Prepared, PreparedSink, Preview, Raw, Sink, SinkPlan,
};
use crate::error::{Side, UsageError};

/// An `http://` sink that was asked for.
pub(super) struct UploadPlan {
    asked: Asked,
    method: &'static str,
}

impl UploadPlan {
    pub(super) fn of(uri: &Uri, options: &Options) -> Result<Self, UsageError> {
        Ok(Self {
            asked: Asked::of(uri, options)?,
            method: options.word("method").unwrap_or("PUT"),
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
            raw: Ok(Raw::Socket),
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
                Ok(Box::new(HttpSink::new(halves, url.clone(), head)) as Box<dyn Sink>)
            };
            Ok(Prepared::new(None, open))
        })
    }
}
