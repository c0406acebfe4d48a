// build.mjs OUTDIR [SCHEMADIR]: the pages as OUTDIR/index.html and
// OUTDIR/assets/*, each with the hash of its content in its name. With
// SCHEMADIR, where the generator put types.ts, the types are checked first.
import * as esbuild from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const BUDGET = 60 * 1024; // gzip, all that the first page loads
const LATER = 60 * 1024; // gzip, all pages that are fetched when they are opened
const here = path.dirname(fileURLToPath(import.meta.url));
const [out, schema] = process.argv.slice(2).map(a => path.resolve(a));

function fail(why) {
	console.error(`build.mjs: ${why}`);
	process.exit(1);
}

// The generated types lie in the build folder: a tsconfig that points there.
function checkTypes() {
	const own = `${out}.tsconfig.json`;

	fs.writeFileSync(own, JSON.stringify({
		extends: `${here}/tsconfig.json`,
		compilerOptions: {
			paths: { 'schema/*': [`${schema}/*`], '*': [`${here}/node_modules/*`] },
			baseUrl: here,
		},
		include: [`${here}/src`],
	}));
	try {
		execFileSync(process.execPath,
			[`${here}/node_modules/typescript/bin/tsc`, '-p', own],
			{ stdio: ['ignore', 2, 2] });
	} catch {
		fail('the types do not fit');
	} finally {
		fs.rmSync(own, { force: true });
	}
}

async function bundle() {
	const result = await esbuild.build({
		absWorkingDir: here,
		entryPoints: { app: 'src/main.tsx' },
		bundle: true,
		minify: true,
		format: 'esm',
		outdir: `${out}/assets`,
		splitting: true,
		entryNames: '[name]-[hash]',
		chunkNames: 'page-[hash]',
		target: ['es2022', 'chrome111', 'firefox114', 'safari16.4'],
		jsx: 'automatic',
		jsxImportSource: 'preact',
		legalComments: 'none',
		metafile: true,
		logLevel: 'warning',
	});
	const outputs = result.metafile.outputs, first = new Set();
	const entry = Object.keys(outputs).find(n => outputs[n].entryPoint === 'src/main.tsx');
	const take = name => {
		if (first.has(name))
			return;
		first.add(name);
		outputs[name].imports.filter(i => i.kind === 'import-statement').forEach(i => take(i.path));
	};

	take(entry);
	return {
		js: path.basename(entry), css: path.basename(outputs[entry].cssBundle),
		later: Object.keys(outputs).filter(n => n.endsWith('.js') && !first.has(n)).map(n => path.basename(n)),
	};
}

function copyHashed(name) {
	const data = fs.readFileSync(`${here}/${name}`);
	const hash = createHash('sha256').update(data).digest('hex').slice(0, 8).toUpperCase();
	const { name: stem, ext } = path.parse(name);

	fs.writeFileSync(`${out}/assets/${stem}-${hash}${ext}`, data);
	return `${stem}-${hash}${ext}`;
}

function gzipped(files) {
	return files.reduce((sum, f) => sum + zlib.gzipSync(fs.readFileSync(`${out}/${f}`), { level: 9 }).length, 0);
}

function checkBudget(later) {
	const files = ['index.html', ...fs.readdirSync(`${out}/assets`).map(f => `assets/${f}`)];
	const rest = gzipped(later.map(f => `assets/${f}`)), total = gzipped(files) - rest;

	console.error(`pages: ${(total / 1024).toFixed(1)} kB of ${BUDGET / 1024} kB gzip, ${(rest / 1024).toFixed(1)} kB more when opened`);
	if (total > BUDGET)
		fail(`the first load is ${total} bytes gzip; the budget is ${BUDGET}`);
	if (rest > LATER)
		fail(`what is fetched later is ${rest} bytes gzip; the budget is ${LATER}`);
}

if (!out)
	fail('say where to: build.mjs OUTDIR [SCHEMADIR]');
fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(`${out}/assets`, { recursive: true });
if (schema)
	checkTypes();
const { js, css, later } = await bundle();
const icon = copyHashed('icon.svg');
fs.writeFileSync(`${out}/index.html`, fs.readFileSync(`${here}/index.html`, 'utf8')
	.replace('@ICON@', `/assets/${icon}`)
	.replace('@CSS@', `/assets/${css}`)
	.replace('@JS@', `/assets/${js}`));
checkBudget(later);
