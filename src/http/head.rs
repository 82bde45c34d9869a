//! Looks at a request's head as it arrives, for what the HTTP library reads one way and a proxy may read another.

/// The longest name that is looked for, with its colon.
const NAME: usize = "transfer-encoding:".len();

/// What is known of a head so far.
///
/// The library lets a line end in a bare line feed, and where a length and chunks are both announced it forgets the
/// length; RFC 9112 allows both, and both are how requests are smuggled past a proxy. A head that arrives glued to an
/// earlier request is not seen here: the library then goes by the chunks and closes the connection.
#[derive(Default)]
pub(super) struct Head {
    /// The beginning of the current line in lower case.
    name: [u8; NAME],
    /// Bytes of the current line.
    line: usize,
    last: u8,
    has_lines: bool,
    has_length: bool,
    has_encoding: bool,
    is_complete: bool,
}

impl Head {
    /// Takes the next bytes; false when the head can be read in two ways.
    pub(super) fn takes(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            if self.is_complete {
                return true;
            }
            if byte == b'\n' {
                if !self.ends_line() {
                    return false;
                }
            } else {
                if let Some(place) = self.name.get_mut(self.line) {
                    *place = byte.to_ascii_lowercase();
                }
                self.line += 1;
            }
            self.last = byte;
        }
        true
    }

    fn ends_line(&mut self) -> bool {
        // The very first byte may be the second half of a line end whose first half came with an earlier request.
        if self.last != b'\r' {
            self.is_complete = self.last == 0;
            return self.is_complete;
        }
        if self.line > 1 {
            self.has_lines = true;
            self.has_length |= self.name.starts_with(b"content-length:");
            self.has_encoding |= self.name.starts_with(b"transfer-encoding:");
        } else {
            // Empty lines before the first one are allowed.
            self.is_complete = self.has_lines;
        }
        self.line = 0;
        self.name = [0; NAME];
        !(self.has_length && self.has_encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::Head;

    fn takes(head: &[u8]) -> bool {
        let whole = Head::default().takes(head);
        let mut piecewise = Head::default();
        let drips = head.iter().all(|byte| piecewise.takes(&[*byte]));
        assert_eq!(whole, drips);
        whole
    }

    #[test]
    fn heads_that_read_one_way_only_are_taken() {
        assert!(takes(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(takes(b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(takes(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nTransfer-Encoding: x\r\n\n"));
        assert!(takes(b"POST / HTTP/1.1\r\nX-Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"));
        assert!(takes(b"\nHost: a\r\n\r\n"));
    }

    #[test]
    fn bare_line_feeds_and_two_lengths_are_not() {
        assert!(!takes(b"GET / HTTP/1.1\nHost: a\r\n\r\n"));
        assert!(!takes(b"GET / HTTP/1.1\r\nHost: a\n\n"));
        assert!(!takes(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTRANSFER-ENCODING: chunked\r\n\r\n"));
        assert!(!takes(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nA: b\r\ncontent-length:5\r\n\r\n"));
    }
}
