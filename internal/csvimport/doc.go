// Package csvimport reads clients from CSV files (RFC 4180, with a semicolon or tab for the comma where the first line
// uses one; UTF-8, Windows-1251 or UTF-16), row by row and in constant memory, however large the file, and writes files
// that it reads back as they were.
package csvimport
