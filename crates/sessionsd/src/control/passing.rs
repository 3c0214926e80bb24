//! A line over a Unix socket with, perhaps, an open file: whoever opens the file needs the right to, not who uses it.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// A request at most.
const MOST: usize = 1 << 16;

/// Sends a line, and a file with it.
pub(super) fn send(to: &UnixStream, line: &[u8], file: Option<&OwnedFd>) -> io::Result<()> {
    let files: Vec<_> = file.iter().map(|file| file.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut along = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !along.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(io::Error::other("there is no room for the file"));
    }
    let sent = sendmsg(to, &[IoSlice::new(line)], &mut along, SendFlags::NOSIGNAL)?;
    // What the first packet did not take goes without the file.
    io::Write::write_all(&mut &*to, line.get(sent..).unwrap_or_default())
}

/// Receives a line, and the file that came with it.
pub(super) fn receive(from: &UnixStream) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    let (mut line, mut file) = (Vec::new(), None);
    while !line.ends_with(b"\n") {
        if line.len() > MOST {
            return Err(io::Error::other("the request is too long"));
        }
        let mut piece = [0; 4_096];
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut along = RecvAncillaryBuffer::new(&mut space);
        let mut pieces = [IoSliceMut::new(&mut piece)];
        let received = recvmsg(from, &mut pieces, &mut along, RecvFlags::CMSG_CLOEXEC)?;
        for message in along.drain() {
            if let RecvAncillaryMessage::ScmRights(mut files) = message {
                file = file.or_else(|| files.next());
            }
        }
        if received.bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.extend_from_slice(piece.get(..received.bytes).unwrap_or_default());
    }
    Ok((line, file))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn a_file_comes_along_and_is_the_same_one() {
        let (here, there) = UnixStream::pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let long = [vec![b'x'; 10_000], b"\n".to_vec()].concat();
        let passed = file.try_clone().unwrap().into();
        send(&here, &long, Some(&passed)).unwrap();
        let (line, received) = receive(&there).unwrap();
        assert_eq!(line, long);
        std::fs::File::from(received.unwrap()).write_all(b"hello").unwrap();
        let mut written = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut written).unwrap();
        assert_eq!(written, "hello");
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        let (here, there) = UnixStream::pair().unwrap();
        let sending = std::thread::spawn(move || {
            let _ = send(&here, &vec![b'x'; 1 << 20], None);
        });
        assert!(receive(&there).is_err());
        drop(there);
        sending.join().unwrap();
    }
}
