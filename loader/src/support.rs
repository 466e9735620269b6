//! What compat can run today.

use crate::{
    Class, Endian, Evidence, Image, ImagePlan, Machine, ObjectType, Os, ReadAt, Refusal, plan,
};

/// Plans `image` if compat can run it now.
///
/// `has_interpreter` answers whether the dynamic linker at a guest path exists where the program will
/// look for it.
pub fn runnable(
    source: &(impl ReadAt + ?Sized),
    image: &Image,
    has_interpreter: &dyn Fn(&[u8]) -> bool,
) -> Result<ImagePlan, Refusal> {
    supported(image)?;
    let plan = plan(source, image)?;
    match &plan.interpreter {
        Some(path) if !has_interpreter(path) => Err(Refusal::InterpreterMissing {
            path: path.clone(),
            os: image.os,
        }),
        _ => Ok(plan),
    }
}

/// Whether compat runs programs of this kind, system and processor at all.
pub fn supported(image: &Image) -> Result<(), Refusal> {
    match image.object_type {
        ObjectType::Exec => {}
        ObjectType::Dyn if image.headers.header.e_entry == 0 => {
            return Err(Refusal::NotExecutable("a shared library"));
        }
        ObjectType::Dyn => {}
        ObjectType::Rel => return Err(Refusal::NotExecutable("an object file")),
        ObjectType::Core => return Err(Refusal::NotExecutable("a core dump")),
        ObjectType::Other(_) => {
            return Err(Refusal::NotExecutable("an ELF file of unknown type"));
        }
    }
    match image.os {
        Os::DragonFly | Os::FreeBsd | Os::NetBsd => {}
        Os::Linux if image.evidence == Evidence::Default => return Err(Refusal::Unmarked),
        Os::Linux => return Err(Refusal::LinuxProgram),
        Os::Unknown => return Err(Refusal::UnknownOs { osabi: image.osabi }),
        os => return Err(Refusal::WrongOs(os)),
    }
    if image.machine != Machine::Amd64 || image.class != Class::Elf64 {
        return Err(Refusal::WrongMachine {
            os: image.os,
            machine: image.machine,
            narrow: image.class == Class::Elf32,
        });
    }
    if image.endian != Endian::Little {
        return Err(Refusal::BadHeader {
            field: "EI_DATA",
            value: 2,
        });
    }
    Ok(())
}
