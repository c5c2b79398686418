//! What an end is planned by besides its argument: the world, and what the command line says of all ends.

use super::World;
use super::proxy::ProxyChoice;

/// What an end is planned by.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Answers what depends on names and numbers that were typed.
    pub world: &'a dyn World,
    /// The proxy of every end that connects.
    pub proxy: &'a ProxyChoice,
}

impl<'a> Context<'a> {
    /// That of a command line that says nothing of all ends.
    #[must_use]
    pub fn of(world: &'a dyn World) -> Self {
        Self {
            world,
            proxy: &ProxyChoice::Unsaid,
        }
    }
}
