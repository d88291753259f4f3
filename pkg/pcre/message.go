package pcre

// code is a compile error of PCRE2 less 100, as its own source counts them.
//
// PCRE2: src/pcre2_error.c, compile_error_texts.
type code int

const (
	codeUnsupported         code = 0 // not PCRE2's: reading stops at syntax of newer versions
	codeBackslashAtEnd      code = 1
	codeControlAtEnd        code = 2
	codeUnknownEscape       code = 3
	codeQuantifierOrder     code = 4
	codeQuantifierTooBig    code = 5
	codeClassUnterminated   code = 6
	codeClassEscape         code = 7
	codeClassRangeOrder     code = 8
	codeNothingToRepeat     code = 9
	codeUnknownOption       code = 11
	codePosixOutsideClass   code = 12
	codePosixCollating      code = 13
	codeGroupUnterminated   code = 14
	codeNoSuchGroup         code = 15
	codeCommentUnterminated code = 18
	codeNestedTooDeep       code = 19
	codeUnmatchedClose      code = 22
	codeConditionUnclosed   code = 24
	codeLookbehindLength    code = 25
	codeRelativeZero        code = 26
	codeConditionBranches   code = 27
	codeAssertionExpected   code = 28
	codeDigitExpected       code = 29
	codeUnknownPosix        code = 30
	codeCodePointTooLarge   code = 34
	codePerlEscape          code = 37
	codeCalloutTooBig       code = 38
	codeCalloutUnclosed     code = 39
	codeUnknownP            code = 41
	codeNameSyntax          code = 42
	codeNameTwice           code = 43
	codeNameStartsWithDigit code = 44
	codeMalformedProperty   code = 46
	codeUnknownProperty     code = 47
	codeNameTooLong         code = 48
	codeTooManyNames        code = 49
	codeClassRange          code = 50
	codeOctalTooLarge       code = 51
	codeDefineBranches      code = 54
	codeOctalBrace          code = 55
	codeReferenceSyntax     code = 57
	codeRecursionUnclosed   code = 58
	codeUnknownVerb         code = 60
	codeGroupNumberTooBig   code = 61
	codeNameExpected        code = 62
	codeNonOctal            code = 64
	codeNumberTwoNames      code = 65
	codeMarkArgument        code = 66
	codeNonHex              code = 67
	codeControlCharacter    code = 68
	codeNamedReference      code = 69
	codeNotNewlineInClass   code = 71
	codeVerbNameTooLong     code = 76
	codeDigitsMissing       code = 78
	codeVersionSyntax       code = 79
	codeCalloutUnterminated code = 81
	codeCalloutDelimiter    code = 82
	codeLookbehindTooLong   code = 87
	codeUnicodeEscape       code = 93
	codeOptionHyphen        code = 94
	codeUnknownAlpha        code = 95
	codeTooManyGroups       code = 97
	codeAtomicExpected      code = 98
	codeKeepInLookaround    code = 99
)

// messages are PCRE2's texts: nginx prints them, so they are kept to the letter.
var messages = map[code]string{
	codeBackslashAtEnd:      `\ at end of pattern`,
	codeControlAtEnd:        `\c at end of pattern`,
	codeUnknownEscape:       `unrecognized character follows \`,
	codeQuantifierOrder:     `numbers out of order in {} quantifier`,
	codeQuantifierTooBig:    `number too big in {} quantifier`,
	codeClassUnterminated:   `missing terminating ] for character class`,
	codeClassEscape:         `escape sequence is invalid in character class`,
	codeClassRangeOrder:     `range out of order in character class`,
	codeNothingToRepeat:     `quantifier does not follow a repeatable item`,
	codeUnknownOption:       `unrecognized character after (? or (?-`,
	codePosixOutsideClass:   `POSIX named classes are supported only within a class`,
	codePosixCollating:      `POSIX collating elements are not supported`,
	codeGroupUnterminated:   `missing closing parenthesis`,
	codeNoSuchGroup:         `reference to non-existent subpattern`,
	codeCommentUnterminated: `missing ) after (?# comment`,
	codeNestedTooDeep:       `parentheses are too deeply nested`,
	codeUnmatchedClose:      `unmatched closing parenthesis`,
	codeConditionUnclosed:   `missing closing parenthesis for condition`,
	codeLookbehindLength:    `lookbehind assertion is not fixed length`,
	codeRelativeZero:        `a relative value of zero is not allowed`,
	codeConditionBranches:   `conditional subpattern contains more than two branches`,
	codeAssertionExpected:   `assertion expected after (?( or (?(?C)`,
	codeDigitExpected:       `digit expected after (?+ or (?-`,
	codeUnknownPosix:        `unknown POSIX class name`,
	codeCodePointTooLarge:   `character code point value in \x{} or \o{} is too large`,
	codePerlEscape:          `PCRE2 does not support \F, \L, \l, \N{name}, \U, or \u`,
	codeCalloutTooBig:       `number after (?C is greater than 255`,
	codeCalloutUnclosed:     `closing parenthesis for (?C expected`,
	codeUnknownP:            `unrecognized character after (?P`,
	codeNameSyntax:          `syntax error in subpattern name (missing terminator?)`,
	codeNameTwice:           `two named subpatterns have the same name (PCRE2_DUPNAMES not set)`,
	codeNameStartsWithDigit: `subpattern name must start with a non-digit`,
	codeMalformedProperty:   `malformed \P or \p sequence`,
	codeUnknownProperty:     `unknown property after \P or \p`,
	codeNameTooLong:         `subpattern name is too long (maximum 32 code units)`,
	codeTooManyNames:        `too many named subpatterns (maximum 10000)`,
	codeClassRange:          `invalid range in character class`,
	codeOctalTooLarge:       `octal value is greater than \377 in 8-bit non-UTF-8 mode`,
	codeDefineBranches:      `DEFINE subpattern contains more than one branch`,
	codeOctalBrace:          `missing opening brace after \o`,
	codeReferenceSyntax:     `\g is not followed by a braced, angle-bracketed, or quoted name/number or by a plain number`,
	codeRecursionUnclosed:   `(?R (recursive pattern call) must be followed by a closing parenthesis`,
	codeUnknownVerb:         `(*VERB) not recognized or malformed`,
	codeGroupNumberTooBig:   `subpattern number is too big`,
	codeNameExpected:        `subpattern name expected`,
	codeNonOctal:            `non-octal character in \o{} (closing brace missing?)`,
	codeNumberTwoNames:      `different names for subpatterns of the same number are not allowed`,
	codeMarkArgument:        `(*MARK) must have an argument`,
	codeNonHex:              `non-hex character in \x{} (closing brace missing?)`,
	codeControlCharacter:    `\c must be followed by a printable ASCII character`,
	codeNamedReference:      `\k is not followed by a braced, angle-bracketed, or quoted name`,
	codeNotNewlineInClass:   `\N is not supported in a class`,
	codeVerbNameTooLong:     `name is too long in (*MARK), (*PRUNE), (*SKIP), or (*THEN)`,
	codeDigitsMissing:       `digits missing in \x{} or \o{} or \N{U+}`,
	codeVersionSyntax:       `syntax error or number too big in (?(VERSION condition`,
	codeCalloutUnterminated: `missing terminating delimiter for callout with string argument`,
	codeCalloutDelimiter:    `unrecognized string delimiter follows (?C`,
	codeLookbehindTooLong:   `lookbehind assertion is too long`,
	codeUnicodeEscape:       `\N{U+dddd} is supported only in Unicode (UTF) mode`,
	codeOptionHyphen:        `invalid hyphen in option setting`,
	codeUnknownAlpha:        `(*alpha_assertion) not recognized`,
	codeTooManyGroups:       `too many capturing groups (maximum 65535)`,
	codeAtomicExpected:      `atomic assertion expected after (?( or (?(?C)`,
	codeKeepInLookaround:    `\K is not allowed in lookarounds (but see PCRE2_EXTRA_ALLOW_LOOKAROUND_BSK)`,
}

func (c code) message() string { return messages[c] }
