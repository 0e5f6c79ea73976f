// Package staging has the tables that exist for the length of a connection only. They are apart from the migrations, and
// sqlc reads them from the same file.
package staging

import _ "embed" // for the table

//go:embed import_rows.sql
var importRows string

// ImportRows is the statement that makes the table for the rows of an import, unless the connection has it already.
func ImportRows() string { return importRows }
