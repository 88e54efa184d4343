-- Makes TUTORIAL.md a page for a browser: see page.html, and `make site`.

local stringify = pandoc.utils.stringify

local function escape(text)
	return (text:gsub("[&<>]", {["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;"}))
end

local function span(class, html)
	return '<span class="' .. class .. '">' .. html .. "</span>"
end

local function lines_of(text)
	local lines = {}
	for line in (text .. "\n"):gmatch("(.-)\n") do
		table.insert(lines, line)
	end
	return lines
end

-- Returns the lines of text as HTML, with pandoc's colours. It leaves out blank lines at the end.
local function highlight(text, language)
	local block = pandoc.CodeBlock(text, {class = language})
	local html = pandoc.write(pandoc.Pandoc({block}), "html"):match("<code[^>]*>(.*)</code>")
	local coloured, lines = lines_of((html:gsub("<a [^>]*></a>", ""))), lines_of(text)
	for i, line in ipairs(lines) do
		lines[i] = coloured[i] and coloured[i]:match('^<span id="[^"]*">(.*)</span>$') or escape(line)
	end
	return lines
end

local function console(text)
	local lines = lines_of(text)
	for i, line in ipairs(lines) do
		local prompt, command = line:match("^([$#] )(.*)$")
		if not prompt then
			prompt, command = line:match("^(/%S* [$#] )(.*)$")
		end
		if prompt then
			lines[i] = span("prompt", prompt) .. span("typed", highlight(command, "bash")[1])
		else
			lines[i] = escape(line)
		end
	end
	return table.concat(lines, "\n")
end

-- Each line of a diff is a block, to be coloured to its end. Its newline is in the block: one after it would show.
local function diff(text)
	local lines, code = lines_of(text), {}
	for i, line in ipairs(lines) do
		code[i] = line:match("^@@") and "" or line:sub(2)
	end
	code = highlight(table.concat(code, "\n"), "c")
	local classes = {["@"] = "hunk", ["+"] = "new", ["-"] = "old", [" "] = "same"}
	for i, line in ipairs(lines) do
		local sign = line:sub(1, 1)
		local html = sign == "@" and escape(line) or sign .. code[i]
		lines[i] = span(classes[sign] or "same", html .. (i < #lines and "\n" or ""))
	end
	return table.concat(lines)
end

function CodeBlock(block)
	local language = block.classes[1]
	local html
	if language == "console" then
		html = console(block.text)
	elseif language == "diff" then
		html = diff(block.text)
	elseif language == "c" or language == "sh" then
		html = table.concat(highlight(block.text, language == "sh" and "bash" or "c"), "\n")
	else
		language = "picture"
		html = escape(block.text)
	end
	return pandoc.RawBlock("html", '<pre class="' .. language .. '"><code>' .. html .. "</code></pre>")
end

-- Short ones stay on one line: they would break after each hyphen.
function Code(code)
	if #code.text <= 20 then
		code.classes:insert("short")
		return code
	end
end

-- The markers of tests/tutorial/tutorial.
function RawBlock(block)
	if block.text:match("^<!%-%-") then
		return {}
	end
end

-- The page stands alone: a file of the repository is named, not linked.
function Link(link)
	if link.target:match("^#") or link.target:match("^%a+:") then
		return nil
	end
	local name = pandoc.Code(link.target)
	if stringify(link) == link.target then
		return name
	end
	local inlines = link.content
	inlines:extend({pandoc.Str(" ("), name, pandoc.Str(")")})
	return inlines
end

function Table(block)
	return pandoc.Div({block}, {class = "table"})
end

local function entry(header)
	return '<a href="#' .. header.identifier .. '">' .. escape(stringify(header)) .. "</a>"
end

-- The list of contents follows the title. Each chapter unfolds its sections.
function Pandoc(doc)
	local chapters, title = {}, nil
	for i, block in ipairs(doc.blocks) do
		if block.t == "Header" and block.level == 1 then
			doc.meta.pagetitle = stringify(block)
			title = i
		elseif block.t == "Header" and block.level == 2 then
			table.insert(chapters, {entry(block)})
		elseif block.t == "Header" and block.level == 3 then
			table.insert(chapters[#chapters], "<li>" .. entry(block) .. "</li>")
		end
	end
	local html = {'<nav id="contents"><h2>Contents</h2><ul>'}
	for _, chapter in ipairs(chapters) do
		if #chapter == 1 then
			table.insert(html, "<li>" .. chapter[1] .. "</li>")
		else
			table.insert(html, "<li><details><summary>" .. chapter[1] .. "</summary><ul>")
			table.insert(html, table.concat(chapter, "\n", 2))
			table.insert(html, "</ul></details></li>")
		end
	end
	table.insert(html, "</ul></nav>")
	doc.blocks:insert(title + 1, pandoc.RawBlock("html", table.concat(html, "\n")))
	return doc
end
