# mutants.awk - every small break of the C files given, one a line:
#	FILE <tab> LINE <tab> WHAT <tab> the line as broken
# Only bodies of functions are broken (their braces stand in the first column), one thing at a time.
# Assertions, declarations and comments stay.

function emit(what, text) {
	printf "%s\t%d\t%s\t%s\n", FILENAME, FNR, what, text
}
# Each place where the pattern (plain text) stands in the code of the line, outside of quotes.
function swap(from, to,    at, rest, before) {
	before = ""
	rest = code
	while ((at = index(rest, from)) > 0) {
		before = before substr(rest, 1, at - 1)
		rest = substr(rest, at + length(from))
		if (!quoted(before))
			emit(from " -> " to, before to rest comment)
		before = before from
	}
}
function quoted(text,    copy) {
	copy = text
	gsub(/\\./, "", copy)
	gsub(/\x27"\x27/, "", copy)
	return gsub(/"/, "", copy) % 2 == 1 || gsub(/\x27/, "", copy) % 2 == 1
}
function constants(    before, rest, number) {
	before = ""
	rest = code
	while (match(rest, /[A-Za-z_0-9.]+/)) {
		before = before substr(rest, 1, RSTART - 1)
		number = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		if (number ~ /^[0-9]+[uUlL]*$/ && !quoted(before))
			emit(number " + 1", before "(" number " + 1)" rest comment)
		else if (number ~ /^0x[0-9a-fA-F]+[uUlL]*$/ && !quoted(before))
			emit(number " ^ 1", before "(" number " ^ 1)" rest comment)
		before = before number
	}
}
function statement(    text) {
	text = code
	sub(/^\t+/, "", text)
	if (!whole || text !~ /;$/)
		return
	# An assignment, a call, a step, a jump; what begins with a type is a declaration.
	if (text ~ /^[a-z_][A-Za-z0-9_.\[\]>-]*( [-+*\/|&^]?= | <<= | >>= |\+\+;|--;)/ ||
	    text ~ /^\*[a-z_]+ [-+|&^]?= / || text ~ /^(\(void\))?[a-z_][a-z0-9_]*\(.*\);$/ ||
	    text ~ /^(break|continue|return);$/) {
		text = code
		sub(/[^\t].*$/, ";", text)
		emit("deleted", text)
	}
}

FNR == 1 { inside = 0; remark = 0; whole = 1 }
/^{/ { inside = 1; whole = 1; next }
/^}/ { inside = 0; next }
!inside || /^[ \t]*#/ || /^[ \t]*$/ { next }
remark || /^[ \t]*\/\*/ { remark = !/\*\//; next }
{
	code = $0
	comment = ""
	if (match(code, /[ \t]*\/\*/)) {
		comment = substr(code, RSTART)
		remark = comment !~ /\*\//
		code = substr(code, 1, RSTART - 1)
	}
}
code !~ /assert\(/ && code !~ /^[\t ]*(case |default:|static )/ {
	swap(" == ", " != "); swap(" != ", " == ")
	swap(" <= ", " < "); swap(" >= ", " > "); swap(" < ", " <= "); swap(" > ", " >= ")
	swap(" && ", " || "); swap(" || ", " && ")
	swap(" + ", " - "); swap(" - ", " + "); swap(" * ", " / "); swap(" / ", " * "); swap(" % ", " / ")
	swap(" << ", " >> "); swap(" >> ", " << "); swap(" & ", " | "); swap(" | ", " & "); swap(" ^ ", " | ")
	swap(" += ", " -= "); swap(" -= ", " += "); swap(" |= ", " &= "); swap(" &= ", " |= ")
	swap("++", "--"); swap("--", "++"); swap("true", "false"); swap("false", "true")
	if (match(code, /^\t+(\} else )?if \(.*\)( \{)?$/)) {
		negated = code
		sub(/if \(/, "if (!(", negated)
		sub(/\)( \{)?$/, ")&", negated)
		emit("if not", negated comment)
	}
	constants()
	statement()
}
{ whole = code ~ /[;{}:]$/ || code ~ /^\t+(if|for|while|else|do).*\)$/ || code ~ /else$/ }
