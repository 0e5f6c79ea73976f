package smtp

import (
	"bytes"
	"encoding/binary"
)

// final is the end of a message on the wire; its first byte is the dot.
const final = ".\r\n"

// appendBody appends the message as DATA wants it (RFC 5321 §4.5.2 and §2.3.8): lines end with CRLF whatever ended
// them before (CRLF, or a bare CR or LF, which servers read differently and smugglers live on), a leading dot is
// doubled, and the final dot stands at the end.
func appendBody(out, data []byte) []byte {
	for len(data) > 0 {
		line, rest := data, []byte(nil)
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line, rest = data[:i], data[i+1:]
			if i > 0 && line[i-1] == '\r' {
				line = line[:i-1]
			}
		} else if line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		for {
			i := bytes.IndexByte(line, '\r')
			if i < 0 {
				break
			}
			out = appendLine(out, line[:i])
			line = line[i+1:]
		}
		out = appendLine(out, line)
		data = rest
	}
	return append(out, final...)
}

func appendLine(out, line []byte) []byte {
	if len(line) > 0 && line[0] == '.' {
		out = append(out, '.')
	}
	out = append(out, line...)
	return append(out, '\r', '\n')
}

// isSevenBit reports whether every byte is ASCII.
func isSevenBit(data []byte) bool {
	for len(data) >= 32 { // four words at a time: every message is looked through
		if (binary.LittleEndian.Uint64(data)|binary.LittleEndian.Uint64(data[8:])|
			binary.LittleEndian.Uint64(data[16:])|binary.LittleEndian.Uint64(data[24:]))&0x8080808080808080 != 0 {
			return false
		}
		data = data[32:]
	}
	for _, c := range data {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
