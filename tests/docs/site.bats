#!/usr/bin/env bats
# `make site` makes all of TUTORIAL.md one page that needs no network and fits phone and laptop.
# Needs pandoc and chromium.

bats_require_minimum_version 1.5.0

setup_file() {
	REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export REPO PAGE=$REPO/site/index.html
	make -s -C "$REPO" site
}

fail() {
	printf '%s\n' "$@"
	return 1
}

none() { ! grep "$@"; } # none GREP-ARGUMENT...: shows what matches, and fails if anything does
one_line() { tr '\n' ' ' <"$PAGE"; } # pandoc breaks lines between attributes
ids() { one_line | grep -o "<$1[^>]* id=\"[^\"]*\"" | sed 's/.*id="//; s/"//'; } # ids TAG

# The headings' ids as GitHub makes them.
wanted_ids() {
	awk '/^ *```/ { fenced = !fenced }
		!fenced && /^#+ / {
			id = tolower($0)
			sub(/^#+ /, "", id)
			gsub(/[^a-z0-9 _-]/, "", id)
			gsub(/ /, "-", id)
			print id (seen[id]++ ? "-" seen[id] - 1 : "")
		}' "$REPO/TUTORIAL.md"
}

# The blocks of code, with a line ``` before each.
wanted_code() { awk '/^```/ { fenced = !fenced; if (fenced) print "```"; next } fenced' "$REPO/TUTORIAL.md"; }
shown_code() {
	awk '/<pre/ { fenced = 1; print "```" } fenced { sub(/<pre[^>]*>/, ""); print } /<\/pre>/ { fenced = 0 }' "$PAGE" |
		sed 's/<[^>]*>//g' | decode
}
decode() { sed "s/&lt;/</g; s/&gt;/>/g; s/&quot;/\"/g; s/&#39;/'/g; s/&amp;/\&/g"; }

# look THEME: what tests/tutorial/look.html reports of the page, where 0 is the dark theme and 1 the light one.
look() {
	local _ folder=$BATS_TEST_TMPDIR
	command -v chromium >/dev/null || fail "no chromium: install the package chromium" || return
	cp "$REPO/tests/tutorial/look.html" "$folder"
	cp "$PAGE" "$folder/page.html"
	for _ in 1 2; do # a browser may fail to start on a busy machine
		HOME=$folder timeout --kill-after=5 60 chromium --headless --no-sandbox --disable-gpu --disable-quic \
			--disable-dev-shm-usage --no-first-run --disable-background-networking --disable-component-update \
			--disable-sync --user-data-dir="$(mktemp -d -p "$folder")" --allow-file-access-from-files \
			--blink-settings=preferredColorScheme="$1" --dump-dom "file://$folder/look.html" \
			>"$folder/dom" 2>"$folder/stderr" 3>&- || true
		report=$(sed -n '/<pre id="report">/,/<\/pre>/p' "$folder/dom" | sed 's/<[^>]*>//g' | decode)
		[[ $report != *$'\n'done ]] || return 0
	done
	fail "the browser has not finished:" "$report" "$(tail -n 20 "$folder/stderr")"
}

looks_right() { # looks_right NUMBER THEME
	local width
	look "$1"
	for width in 390 1280; do
		[[ $report == *"at $width: theme $2"* ]] || fail "not seen at $width in the $2 theme:" "$report"
	done
	none WRONG <<<"$report" || fail "hint: the style sheet is in tests/tutorial/page.html"
}

@test "without pandoc, make site names the package" {
	local make
	make=$(command -v make)
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$(command -v sh)" "$(command -v mkdir)" "$BATS_TEST_TMPDIR/bin"
	run env PATH="$BATS_TEST_TMPDIR/bin" "$make" -s -C "$REPO" site
	[[ $status != 0 && $output == *"install the package pandoc"* ]] || fail "status $status:" "$output"
}

@test "the headings have the ids that GitHub gives them" {
	diff <(wanted_ids) <(ids 'h[1-6]')
}

@test "each link leads to a heading of the page or to the web" {
	local ids links
	ids=$(ids '[a-z1-6]*' | sed 's/^/#/' | sort)
	none . <(uniq -d <<<"$ids")
	links=$(one_line | grep -o 'href="[^"]*"' | sed 's/href="//; s/"//' | sort -u)
	(($(wc -l <<<"$links") > 50))
	none -vxF "$ids" <(grep -v ^https:// <<<"$links")
}

@test "the list of contents has each chapter and section" {
	local contents
	contents=$(sed -n '/<nav/,/<\/nav>/p' "$PAGE" | grep -o 'href="#[^"]*"' | sed 's/href="#//; s/"//')
	diff <(ids 'h[23]') - <<<"$contents"
}

@test "each block of code, console and diff has all of its lines" {
	(($(wanted_code | wc -l) > 1000))
	diff <(wanted_code) <(shown_code)
}

@test "each line of a diff is marked as what it is, and the C in it is coloured" {
	local kind
	for kind in 'new:+' 'old:-' 'hunk:@@'; do
		echo "$kind"
		diff <(awk -v sign="${kind#*:}" '/^```/ { diff = /diff/; next } diff && index($0, sign) == 1' "$REPO/TUTORIAL.md") \
			<(grep -o "<span class=\"${kind%:*}\">.*" "$PAGE" | sed 's/<[^>]*>//g' | decode)
	done
	grep -q '<span class="new">+.*<span class="cf">if</span>' "$PAGE"
}

@test "what folds in the tutorial folds in the page, with its Markdown made HTML" {
	local text
	text=$(one_line | sed 's/.*<\/nav>//; s/<pre[^>]*>/\n&/g; s/<\/pre>/&\n/g' | sed '/^<pre/d; s/<code[^>]*>[^<]*<\/code>//g')
	diff <(grep -c '<details>' "$REPO/TUTORIAL.md") <(grep -o '<details>' <<<"$text" | wc -l)
	diff <(grep -o '<details>' <<<"$text" | wc -l) <(grep -o '</details>' <<<"$text" | wc -l)
	none -oE '.{20}(`|\]\(|\*\*).{20}' <<<"$text"
}

@test "the page is one file, without scripts and the tutorial's markers" {
	none -niE '<script|<link|<iframe|<img|[^a-z]src=|url\(|@import|<!--' "$PAGE"
}

@test "at 390 and 1280 pixels nothing is too wide, and the light theme is readable" {
	looks_right 1 light
}

@test "at 390 and 1280 pixels nothing is too wide, and the dark theme is readable" {
	looks_right 0 dark
}
