package cli

import (
	"bytes"
	_ "embed" // the sample data
	"encoding/csv"
	"fmt"
	"io"
)

// sampleClients are people who do not exist, at domains that exist for examples (RFC 2606, RFC 6761 §6.5).
//
//go:embed sample/clients.csv
var sampleClients []byte

//go:embed sample/message.html
var sampleMessage string

const sampleSubject = "{% if client.full_name %}{{ client.full_name }}, осень{% else %}Осень{% endif %} в «Тёплом доме» уже началась"

// writeSample writes n clients as CSV and calls wrote now and then with how many there are so far. Those beyond the
// sample have its names and cities, and addresses of their own.
func writeSample(w io.Writer, n int, wrote func(int)) error {
	rows, err := csv.NewReader(bytes.NewReader(sampleClients)).ReadAll()
	if err != nil {
		return fmt.Errorf("read the sample: %w", err)
	}
	head, people := rows[0], rows[1:]
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range n {
		row := people[i%len(people)]
		if i >= len(people) {
			row[0] = fmt.Sprintf("klient-%07d@example.org", i+1)
		}
		if err := out.Write(row); err != nil {
			return err
		}
		if i%1000 == 0 {
			wrote(i)
		}
	}
	out.Flush()
	wrote(n)
	return out.Error()
}
