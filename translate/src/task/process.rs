//! State that the threads of one guest process share.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::objects::Objects;
use crate::paths::SpaceCell;
use crate::settings::Settings;
use crate::signal::Actions;
use crate::sync::Mutex;
use crate::task::exec::Departure;

/// The data segment, which the guest may make longer.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProgramBreak {
    /// Where it begins.
    pub base: u64,
    /// Where the program's own part of it ends.
    pub floor: u64,
    /// Where what is mapped ends.
    pub mapped: u64,
}

/// One guest process. A `vfork` child shares the parent's memory but has a `Process` of its own, so that nothing it
/// does before `execve` shows in the parent.
#[derive(Default)]
pub struct Process {
    /// What each guest signal does.
    pub actions: Mutex<Actions>,
    /// Kernel objects Linux lacks.
    pub objects: Objects,
    /// Absolute path of the program's file, as the host knows it.
    pub program: Mutex<Vec<u8>>,
    /// Its argument strings.
    pub arguments: Mutex<Vec<Vec<u8>>>,
    /// What the user asked for.
    pub settings: Settings,
    /// Where paths lead.
    pub space: SpaceCell,
    /// The end of the guest's data segment.
    pub program_break: Mutex<ProgramBreak>,
    /// Users or groups have been changed since the program was started.
    pub tainted: AtomicBool,
    /// What the host is being told of the next image.
    pub departure: Mutex<Option<Departure>>,
}

impl Process {
    /// Where in a process stands the smallest descriptor of ours: known to assembly.
    pub(crate) const LOWEST_HIDDEN: usize =
        core::mem::offset_of!(Self, objects) + Objects::LOWEST_HIDDEN;
    /// The number of kqueues, 64 bits: known to assembly as well.
    pub(crate) const KQUEUE_COUNT: usize =
        core::mem::offset_of!(Self, objects) + Objects::KQUEUE_COUNT;
    /// The number of processes held by descriptors, 64 bits: known to assembly as well.
    pub(crate) const HELD_COUNT: usize = core::mem::offset_of!(Self, objects) + Objects::HELD_COUNT;

    /// The process that a `vfork` child starts as: same dispositions, no objects.
    pub fn for_vfork(&self) -> Box<Self> {
        Box::new(Self {
            actions: Mutex::new(self.actions.lock().clone()),
            objects: Objects::default(),
            program: Mutex::new(self.program.lock().clone()),
            arguments: Mutex::new(self.arguments.lock().clone()),
            settings: self.settings.clone(),
            space: self.space.same(),
            program_break: Mutex::new(*self.program_break.lock()),
            tainted: AtomicBool::new(self.tainted.load(Ordering::Relaxed)),
            departure: Mutex::new(None),
        })
    }
}
