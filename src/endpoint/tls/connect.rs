//! `tls://HOST:PORT`: connects as `tcp://` does, and checks who has answered.

use super::client::TlsClient;
use super::ends::{self, Established};
use crate::endpoint::connect::Connect;
use crate::endpoint::uri::Uri;
use crate::endpoint::{
    Announce, Context, EndPlan, OpenError, Opening, Options, PeerPlan, Prepared, PreparedPeer,
    PreparedSink, PreparedSource, Preview, SinkPlan, SourcePlan,
};
use crate::error::{Side, UsageError};

/// A TLS connection, before it is made.
pub(super) struct TlsConnect {
    connect: Connect,
    client: TlsClient,
}

impl TlsConnect {
    pub(super) fn of(
        uri: &Uri,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, UsageError> {
        Ok(Self {
            client: TlsClient::of(uri, options)?,
            connect: Connect::of(uri, options, context, super::TLS.form)?,
        })
    }

    async fn open(&self, side: Side, announce: &dyn Announce) -> Result<Established, OpenError> {
        self.client.connect(&self.connect, side, announce).await
    }

    fn words(&self) -> (String, String) {
        let (parsed, opening) = self.connect.words();
        let whom = self.client.words(&self.connect.host);
        (parsed + " by TLS", format!("{opening}, and {whom}"))
    }
}

impl EndPlan for TlsConnect {
    fn preview(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        ends::preview(self.connect.settings, side, parsed, opening)
    }
}

impl SourcePlan for TlsConnect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSource<'a>> {
        let connect = async {
            let opened = self.open(Side::Source, announce).await?;
            opened.source(self.connect.settings)
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl SinkPlan for TlsConnect {
    fn prepare<'a>(&'a self, announce: &'a dyn Announce) -> Opening<'a, PreparedSink<'a>> {
        let connect = async {
            let opened = self.open(Side::Sink, announce).await?;
            opened.sink(self.connect.settings)
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }
}

impl PeerPlan for TlsConnect {
    fn prepare<'a>(
        &'a self,
        side: Side,
        announce: &'a dyn Announce,
    ) -> Opening<'a, PreparedPeer<'a>> {
        let connect = async move {
            let opened = self.open(side, announce).await?;
            opened.halves(self.connect.settings)
        };
        Box::pin(async { Ok(Prepared::new(None, connect)) })
    }

    fn preview_half(&self, side: Side) -> Preview {
        let (parsed, opening) = self.words();
        ends::preview_half(self.connect.settings, side, parsed, opening)
    }
}
