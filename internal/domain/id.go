package domain

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// ID is a UUID version 7 (RFC 9562 §5.7): its first 48 bits are the Unix time in milliseconds, so ids sort by the
// time they were made in.
type ID [16]byte

var errBadID = errors.New("not a UUID")

// NewID returns an id made at now; its other 74 bits are random.
func NewID(now time.Time) ID {
	id := firstIDAt(now)
	_, _ = rand.Read(id[6:]) // crypto/rand.Read never fails: it ends the program instead
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// firstIDAt returns the smallest id that can be made in now's millisecond.
func firstIDAt(now time.Time) ID {
	var id ID
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixMilli())<<16)
	id[6] = 0x70
	id[8] = 0x80
	return id
}

// FirstIDAt returns the smallest id that NewID can make at t: the bound of a partition by time.
func FirstIDAt(t time.Time) ID {
	id := firstIDAt(t)
	id[6], id[8] = 0, 0
	return id
}

// ParseID reads the canonical form (RFC 9562 §4) in either case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, fmt.Errorf("%w: %.40q", errBadID, s)
	}
	packed := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(packed)); err != nil {
		return ID{}, fmt.Errorf("%w: %.40q", errBadID, s)
	}
	return id, nil
}

// String returns the canonical lower-case form.
func (id ID) String() string {
	var b [36]byte
	text, _ := id.AppendText(b[:0])
	return string(text)
}

// AppendText implements encoding.TextAppender; it does not fail.
func (id ID) AppendText(b []byte) ([]byte, error) {
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:]), nil
}

// IsZero reports whether id is unset; encoding/json's omitzero uses it.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(b []byte) error {
	parsed, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Value implements driver.Valuer, so that every SQL driver stores an id as a uuid.
func (id ID) Value() (driver.Value, error) { return id.String(), nil }

// Scan implements sql.Scanner. NULL becomes the zero id.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case string:
		return id.UnmarshalText([]byte(v))
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(v)
	case [16]byte:
		*id = v
		return nil
	default:
		return fmt.Errorf("%w: cannot read it from %T", errBadID, src)
	}
}
