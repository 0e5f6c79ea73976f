// Package csvimport reads clients from CSV files (RFC 4180, with a semicolon or tab for the comma where the first line
// uses one), row by row and in constant memory, however large the file.
package csvimport
