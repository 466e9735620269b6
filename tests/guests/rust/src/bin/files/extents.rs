//! Offsets, lengths, holes, and memory that is a file.

use compat_guests::sys::{self, EBADF, EINVAL, ENOENT, call};

use crate::file::{self, O_CREAT, O_RDONLY, O_RDWR, open, path};

const ESPIPE: u64 = 29;
const ENODEV: u64 = 19;
const EEXIST: u64 = 17;

pub(crate) fn padded() {
    const LSEEK_43: u64 = 19;
    const TRUNCATE_43: u64 = 129;
    const FTRUNCATE_43: u64 = 130;
    const PREAD_6: u64 = 173;
    const PWRITE_6: u64 = 174;
    const LSEEK_6: u64 = 199;
    const TRUNCATE_6: u64 = 200;
    const FTRUNCATE_6: u64 = 201;
    const PAD: u64 = 0xdead;
    let fd = open(c"padded", O_RDWR | O_CREAT, 0o600).unwrap();
    let length = || file::size(&file::status(c"padded", 0).unwrap());
    let mut bytes = *b"0123456789";
    let at = bytes.as_mut_ptr() as u64;
    assert_eq!(call(PWRITE_6, [fd, at, 10, PAD, 5]), Ok(10));
    assert_eq!(length(), 15);
    assert_eq!(call(PREAD_6, [fd, at, 3, PAD, 6]), Ok(3));
    assert_eq!(&bytes, b"1233456789");
    assert_eq!(call(LSEEK_6, [fd, PAD, u64::MAX, 2]), Ok(14));
    assert_eq!(call(LSEEK_43, [fd, 1, 1]), Ok(15));
    assert_eq!(call(TRUNCATE_6, [path(c"padded"), PAD, 1 << 33]), Ok(0));
    assert_eq!(length(), 1 << 33);
    assert_eq!(call(FTRUNCATE_6, [fd, PAD, 9]), Ok(0));
    assert_eq!(
        (length(), call(TRUNCATE_43, [path(c"padded"), 8])),
        (9, Ok(0))
    );
    assert_eq!((length(), call(FTRUNCATE_43, [fd, 7])), (8, Ok(0)));
    assert_eq!(
        (length(), call(FTRUNCATE_43, [fd, u64::MAX])),
        (7, Err(EINVAL))
    );
    // Vectors at an offset, with more than 32 bits of it.
    const PREADV: u64 = 289;
    const PWRITEV: u64 = 290;
    let vector = [at, 4, at + 4, 6];
    let vector = vector.as_ptr() as u64;
    assert_eq!(call(PWRITEV, [fd, vector, 2, (1 << 32) + 3]), Ok(10));
    assert_eq!(length(), (1 << 32) + 13);
    assert_eq!(call(PREADV, [fd, vector, 2, (1 << 32) + 10]), Ok(3));
    assert_eq!(&bytes[..3], b"789");
}

pub(crate) fn errors_as_values() {
    const POSIX_FALLOCATE: u64 = 530;
    const POSIX_FADVISE: u64 = 531;
    let fd = open(c"allocated", O_RDWR | O_CREAT, 0o600).unwrap();
    let (pipe, _) = sys::pipe();
    let directory = open(c".", O_RDONLY, 0).unwrap();
    // The carry flag stays clear: the error is the result.
    assert_eq!(call(POSIX_FALLOCATE, [fd, 100, 50]), Ok(0));
    assert_eq!(file::size(&file::status(c"allocated", 0).unwrap()), 150);
    for (args, error) in [
        ([fd, 0, 0, 0], EINVAL),
        ([fd, u64::MAX, 1, 0], EINVAL),
        ([777, 0, 1, 0], EBADF),
        ([pipe, 0, 1, 0], ESPIPE),
    ] {
        assert_eq!(call(POSIX_FALLOCATE, args), Ok(error));
    }
    for (args, error) in [
        ([fd, 0, 0, 0], 0),
        ([fd, 10, 20, 5], 0),
        ([fd, 0, 0, 6], EINVAL),
        ([fd, 0, u64::MAX, 0], EINVAL),
        ([777, 0, 0, 0], EBADF),
        ([pipe, 0, 0, 0], ESPIPE),
        ([directory, 0, 0, 0], ENODEV),
    ] {
        assert_eq!(call(POSIX_FADVISE, args), Ok(error));
    }
}

pub(crate) fn copying() {
    const COPY_FILE_RANGE: u64 = 569;
    file::write(c"source", b"abcdefgh");
    let from = open(c"source", O_RDONLY, 0).unwrap();
    let to = open(c"copy", O_RDWR | O_CREAT, 0o600).unwrap();
    let copy = |from, from_at: &mut u64, to, len, flags| {
        call(
            COPY_FILE_RANGE,
            [from, core::ptr::from_mut(from_at) as u64, to, 0, len, flags],
        )
    };
    let mut offset = 2;
    assert_eq!(copy(from, &mut offset, to, 3, 0), Ok(3));
    assert_eq!((offset, file::seek(to, 0, 1)), (5, Ok(3)));
    assert_eq!(copy(from, &mut offset, to, 100, 0), Ok(3));
    assert_eq!(copy(from, &mut offset, to, 100, 0), Ok(0));
    file::seek(to, 0, 0).unwrap();
    assert_eq!(file::read::<6>(to), (*b"cdefgh", 6));
    assert_eq!(copy(from, &mut offset, to, 1, 1), Err(EINVAL));
    let directory = open(c".", O_RDONLY, 0).unwrap();
    assert_eq!(copy(directory, &mut 0, to, 1, 0), Err(EINVAL));
    assert_eq!(copy(from, &mut 0, from, 1, 0), Err(EBADF));
    // From a file system of another kind.
    let status = open(c"/proc/self/status", O_RDONLY, 0).unwrap();
    let copied = call(COPY_FILE_RANGE, [status, 0, to, 0, 5, 0]);
    assert!(matches!(copied, Ok(0 | 5)), "{copied:?}");
}

pub(crate) fn holes() {
    const FSPACECTL: u64 = 580;
    const IOCTL: u64 = 54;
    const FIOSEEKDATA: u64 = 0xc008_6661;
    const FIOSEEKHOLE: u64 = 0xc008_6662;
    const BLOCK: usize = 65536;
    static FULL: [u8; BLOCK] = [1; BLOCK];
    file::write(c"holes", &FULL);
    let fd = open(c"holes", O_RDWR, 0).unwrap();
    let space = |command, range: [u64; 2], flags, rest: &mut [u64; 2]| {
        call(
            FSPACECTL,
            [
                fd,
                command,
                range.as_ptr() as u64,
                flags,
                rest.as_mut_ptr() as u64,
            ],
        )
    };
    let mut rest = [7, 7];
    assert_eq!(space(1, [8192, 16384], 0, &mut rest), Ok(0));
    assert_eq!(rest, [24576, 0]);
    assert_eq!(
        file::size(&file::status(c"holes", 0).unwrap()),
        BLOCK as u64
    );
    file::seek(fd, 8191, 0).unwrap();
    assert_eq!(file::read::<3>(fd), ([1, 0, 0], 3));
    // Beyond the end there is nothing to do.
    assert_eq!(space(1, [60000, 100_000], 0, &mut rest), Ok(0));
    assert_eq!(rest, [BLOCK as u64, 0]);
    for (command, range, flags) in [
        (2, [0, 1], 0),
        (1, [0, 0], 0),
        (1, [0, 1], 1),
        (1, [u64::MAX, 1], 0),
    ] {
        assert_eq!(space(command, range, flags, &mut rest), Err(EINVAL));
    }
    // The file's own offset stays.
    let mut at = 0u64;
    let seek = |command, at: &mut u64| call(IOCTL, [fd, command, core::ptr::from_mut(at) as u64]);
    assert_eq!((seek(FIOSEEKDATA, &mut at), at), (Ok(0), 0));
    assert_eq!(seek(FIOSEEKHOLE, &mut at), Ok(0));
    assert!(at == 8192 || at >= 60000, "{at}");
    assert_eq!(file::seek(fd, 0, 1), Ok(8194));
}

pub(crate) fn shared_memory() {
    const SHM_OPEN: u64 = 482;
    const SHM_UNLINK: u64 = 483;
    const SHM_RENAME: u64 = 572;
    const FCNTL: u64 = 92;
    const F_GETFD: u64 = 1;
    const F_ADD_SEALS: u64 = 19;
    const F_GET_SEALS: u64 = 20;
    const SHM_ANON: u64 = 1;
    let anonymous = call(SHM_OPEN, [SHM_ANON, O_RDWR, 0o600]).expect("SHM_ANON");
    assert_eq!(call(FCNTL, [anonymous, F_GETFD]), Ok(1));
    assert_eq!(call(sys::FTRUNCATE, [anonymous, 4096]), Ok(0));
    let memory = call(sys::MMAP, [0, 4096, 3, 1, anonymous, 0]).expect("mmap");
    unsafe { (memory as *mut u8).write_volatile(b'm') };
    assert_eq!(file::read::<1>(anonymous), (*b"m", 1));
    assert_eq!(call(SHM_OPEN, [SHM_ANON, O_RDONLY, 0o600]), Err(EINVAL));
    // What memfd_create does.
    let label = path(c"label");
    let sealed = call(sys::SHM_OPEN2, [SHM_ANON, O_RDWR, 0, 1, label]).expect("shm_open2");
    assert_eq!(call(FCNTL, [sealed, F_GETFD]), Ok(0));
    assert_eq!(call(FCNTL, [sealed, F_ADD_SEALS, 4]), Ok(0));
    assert_eq!(call(FCNTL, [sealed, F_GET_SEALS]), Ok(4));
    assert_eq!(call(sys::FTRUNCATE, [sealed, 1]), Err(sys::EPERM));
    // Names of this process alone.
    let mut name = *b"/compat guest/0000000000\0";
    let mut other = *b"/compat other/0000000000\0";
    let mut pid = sys::pid();
    for digit in (14..24).rev() {
        name[digit] += (pid % 10) as u8;
        other[digit] = name[digit];
        pid /= 10;
    }
    let (name, other) = (name.as_ptr() as u64, other.as_ptr() as u64);
    let fd = call(SHM_OPEN, [name, O_RDWR | O_CREAT, 0o600]).expect("a name");
    assert_eq!(call(sys::WRITE, [fd, c"shared".as_ptr() as u64, 6]), Ok(6));
    const O_EXCL: u64 = 0x800;
    assert_eq!(
        call(SHM_OPEN, [name, O_RDWR | O_CREAT | O_EXCL, 0o600]),
        Err(EEXIST)
    );
    assert_eq!(call(SHM_RENAME, [name, other, 0]), Ok(0));
    assert_eq!(call(SHM_OPEN, [name, O_RDWR, 0]), Err(ENOENT));
    let again = call(SHM_OPEN, [other, O_RDONLY, 0]).expect("the other name");
    assert_eq!(file::read::<8>(again), (*b"shared\0\0", 6));
    assert_eq!(call(SHM_UNLINK, [other]), Ok(0));
    assert_eq!(call(SHM_UNLINK, [other]), Err(ENOENT));
    assert_eq!(
        call(SHM_OPEN, [path(c"no-slash"), O_RDWR | O_CREAT, 0o600]),
        Err(EINVAL)
    );
}
