//! An `http://` source that was asked for: what is known of it, and how it is opened.

use super::fetch::{Fetch, From, MENDED};
use super::source::HttpSource;
use super::url::Scheme;
use crate::endpoint::uri::Uri;
use crate::endpoint::{
    Announce, Context, EndPlan, Opening, Options, Prepared, PreparedSource, Preview, Source,
    SourcePlan,
};
use crate::error::{Side, UsageError};
use std::sync::Arc;

/// An `http://` source that was asked for.
pub(super) struct DownloadPlan(Arc<Fetch>);

impl DownloadPlan {
    pub(super) fn of(
        scheme: Scheme,
        uri: &Uri,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, UsageError> {
        Ok(Self(Arc::new(Fetch::of(scheme, uri, options, context)?)))
    }
}

impl EndPlan for DownloadPlan {
    fn preview(&self, _: Side) -> Preview {
        let (url, opening) = self.0.asked.words();
        let redirects = self.0.redirects;
        Preview {
            opening: Some(format!(
                "{opening}; sends a GET, and follows up to {redirects} redirects"
            )),
            raw: if self.0.retries > 0 {
                Err(MENDED)
            } else {
                self.0.asked.raw()
            },
            condition: Some("the answer does not come in chunks"),
            skips: Some("by a Range, if the server sends parts"),
            size: Err("the server tells it when it answers (Content-Length)"),
            ..Preview::new(
                format!("GETs {url}"),
                "with the last byte that the server announced, or where it announced none when it closes the connection (FIN); anything less is a failure",
            )
        }
    }
}

impl SourcePlan for DownloadPlan {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        Box::pin(async move {
            let fields = self.0.asked.fields().await?;
            let open = async move {
                let from = From {
                    at: announce.skips(),
                    until: announce.stops_at(),
                    validator: None,
                };
                let fetched = self.0.open(&fields, &from, announce).await?;
                let source = HttpSource::new(Arc::clone(&self.0), fields, fetched, from.until);
                Ok(Box::new(source) as Box<dyn Source>)
            };
            Ok(Prepared::new(None, open))
        })
    }
}
