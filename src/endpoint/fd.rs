//! `fd:N`: a descriptor inherited from the parent process, treated like standard input and output.

use super::stdio::InheritedPlan;
use super::stdio_halves::DescriptorPeer;
use super::{Kind, Slashes, World, descriptor_words};
use crate::endpoint::uri::{Rest, Uri};
use crate::error::{Side, UsageError};

/// `fd:N`.
pub(super) const KIND: Kind = Kind {
    scheme: "fd",
    form: "fd:N",
    slashes: Slashes::Forbidden,
    rest: Rest::Decoded,
    summary: "descriptor N that the shell has opened, as by 3>file",
    options: &[],
    source: Some(|uri, _, context| Ok(Box::new(plan(uri, Side::Source, context.world)?))),
    sink: Some(|uri, _, context| Ok(Box::new(plan(uri, Side::Sink, context.world)?))),
    peer: Some(|uri, _, context| {
        let plan = plan(uri, Side::Source, context.world)?;
        Ok(Box::new(DescriptorPeer::new(plan)))
    }),
};

fn plan(uri: &Uri, side: Side, world: &dyn World) -> Result<InheritedPlan, UsageError> {
    let number = std::str::from_utf8(&uri.rest)
        .ok()
        .and_then(|text| text.parse::<u16>().ok());
    let Some(number) = number else {
        return Err(UsageError::new(format!(
            "'{uri}': write fd:N with the number of an open descriptor"
        )));
    };
    let plan = InheritedPlan::of(number.into(), side, &format!("fd:{number}"), world)?;
    Ok(plan.called(descriptor_words(number.into())))
}
