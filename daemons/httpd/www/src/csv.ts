// Comma-separated values, as RFC 4180 has them and spreadsheets write them:
// with semicolons in half of the world, with a mark at the beginning in the other.

/** The lines of a text, each a list of cells; `line` counts as an editor does. */
export interface Line { line: number; cells: string[] }

const MARK = '\ufeff';

/** What separates the cells: what the first line has more of. */
function separator(text: string): string {
	const head = text.split('\n', 1)[0] ?? '';

	return head.split(';').length > head.split(',').length ? ';' : ',';
}

/** Takes a text apart. Empty lines are left out. */
export function parseCsv(text: string): Line[] {
	const s = text.startsWith(MARK) ? text.slice(1) : text, sep = separator(s), out: Line[] = [];
	let cells: string[] = [], cell = '', inside = false, line = 1, first = 1;

	const end = () => {
		cells.push(cell);
		if (cells.some(c => c.trim()))
			out.push({ line: first, cells });
		cells = [];
		cell = '';
		first = line + 1;
	};

	for (let i = 0; i < s.length; i++) {
		const c = s[i]!;

		if (inside && c === '"' && s[i + 1] === '"')
			cell += s[i++];
		else if (c === '"' && (inside || !cell))
			inside = !inside;
		else if (!inside && c === sep) {
			cells.push(cell);
			cell = '';
		} else if (!inside && c === '\n')
			end();
		else if (c !== '\r' || inside)
			cell += c;
		if (c === '\n')
			line++;
	}
	if (cell || cells.length)
		end();
	return out;
}

const quoted = (s: string): string => /[",;\n\r]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;

/* a spreadsheet must not take a text for a formula; a text that began so comes back as it was */
const FORMULA = /^[=+\-@\t\r]/;

/** A cell as it was before csvCell() made it harmless. */
export const fromCell = (s: string): string => s.startsWith("'") && FORMULA.test(s.slice(1)) ? s.slice(1) : s;

const csvCell = (s: string): string => quoted(FORMULA.test(s) && !/^[+-]?\d+$/.test(s) ? `'${s}` : s);

/** A password must be what it is. */
export const exactCell = (s: string): string => `"${s.replaceAll('"', '""')}"`;

export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** Gives the browser a file to keep. */
export function saveFile(name: string, text: string): void {
	const a = document.createElement('a');

	a.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
	a.download = name;
	a.click();
	URL.revokeObjectURL(a.href);
}
