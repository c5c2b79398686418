//! The exit status, and the only place that ends the process.

use crate::error::Class;
use crate::sys;
use rustix::process::Signal;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything was delivered.
    Success,
    /// An I/O error.
    Io,
    /// A usage error.
    Usage,
    /// An integrity expectation failed.
    Integrity,
    /// A timeout.
    Timeout,
    /// A signal ended the transfer. The process cleans up and ends itself by the same signal, so that the shell sees it.
    Signal(i32),
}

impl Exit {
    /// The status a shell sees.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Exit::Success => 0,
            Exit::Io => 1,
            Exit::Usage => 2,
            Exit::Integrity => 3,
            Exit::Timeout => 4,
            Exit::Signal(number) => 128 + number,
        }
    }

    /// Ends the process, without waiting for a thread that sits in a system call.
    pub fn leave(self) -> ! {
        if let Exit::Signal(number) = self {
            // Returns in the first process of a container, which signals do not end (pid_namespaces(7)).
            sys::die_of(number);
        }
        std::process::exit(self.code())
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Io => Exit::Io,
            Class::Usage => Exit::Usage,
            Class::Integrity => Exit::Integrity,
            Class::Timeout => Exit::Timeout,
            Class::DownstreamClosed => Exit::Signal(Signal::PIPE.as_raw()),
        }
    }
}
