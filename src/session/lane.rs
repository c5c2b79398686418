//! One direction of a transfer, as its user sees it: a copy has one, `--duplex` has two.

use crate::endpoint::Delivered;
use crate::engine::road::RoadInUse;
use crate::plan::Plan;
use crate::show::{Completion, Direction, Sampler};
use std::rc::Rc;

/// A direction: what is planned of it and known of it.
#[derive(Debug)]
pub(super) struct Lane {
    /// Its ends and how its bytes flow.
    pub(super) plan: Rc<Plan>,
    /// Which of both it is; `None`: there is but one.
    pub(super) direction: Option<Direction>,
    /// The road that its bytes take, once it is clear which.
    pub(super) road: Option<RoadInUse>,
    /// In which sense its bytes were delivered, once they are.
    pub(super) delivered: Option<Delivered>,
    /// The samples for its records.
    pub(super) sampler: Sampler,
}

impl Lane {
    /// The directions of a transfer by this plan.
    pub(super) fn all(plan: &Rc<Plan>) -> Vec<Self> {
        let back = plan.back.as_ref().map(|it| Rc::clone(&it.plan));
        let plans: Vec<_> = std::iter::once(Rc::clone(plan)).chain(back).collect();
        let count = plans.len();
        let lanes = plans.into_iter().enumerate();
        let lanes = lanes.map(|(place, plan)| {
            let direction = Direction::of(place, count);
            Self {
                plan,
                direction,
                road: None,
                delivered: None,
                sampler: Sampler::new(None).going(direction),
            }
        });
        lanes.collect()
    }

    /// How this direction ended, where the transfer ended so.
    pub(super) fn completion(&self, how: Completion) -> Completion {
        match (how, self.delivered) {
            (Completion::Complete(_), Some(delivered)) => Completion::Complete(delivered),
            _ => how,
        }
    }
}
