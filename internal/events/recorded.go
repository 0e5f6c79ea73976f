package events

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// appendJSON appends what encoding/json makes of e, to the byte, in less than half of the time: a chunk has 500 recipients.
func (e DeliveriesRecorded) appendJSON(b []byte) []byte {
	b = appendID(append(b, `{"attempt_id":`...), e.AttemptID)
	b = appendID(append(b, `,"mailing_id":`...), e.MailingID)
	b = appendID(append(b, `,"owner_id":`...), e.OwnerID)
	b = strconv.AppendInt(append(b, `,"chunk_id":`...), e.ChunkID, 10)
	b = append(b, `,"deliveries":`...)
	if e.Deliveries == nil {
		return append(b, "null}"...)
	}
	b = append(b, '[')
	for i := range e.Deliveries {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.Deliveries[i].appendJSON(b)
	}
	return append(b, "]}"...)
}

func (d *Delivery) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if !d.ClientID.IsZero() {
		b = append(appendID(append(b, `"client_id":`...), d.ClientID), ',')
	}
	b = appendString(append(b, `"email":`...), d.Email)
	b = appendString(append(b, `,"outcome":`...), string(d.Outcome))
	if d.Code != 0 {
		b = strconv.AppendInt(append(b, `,"code":`...), int64(d.Code), 10)
	}
	if d.Response != "" {
		b = appendString(append(b, `,"response":`...), d.Response)
	}
	b = strconv.AppendInt(append(b, `,"tries":`...), int64(d.Tries), 10)
	b = d.At.AppendFormat(append(b, `,"at":"`...), time.RFC3339Nano)
	return append(b, `"}`...)
}

func appendID(b []byte, id domain.ID) []byte {
	b, _ = id.AppendText(append(b, '"'))
	return append(b, '"')
}

// appendString leaves whatever needs more than quotes to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string never fails
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
