// The stage of the scenarios: one browser, one page, the world around it, and
// what every page must be: accessible, and silent on the console.
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const axe = fs.readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];
const LONGEST_MS = 60000, WIDE = { width: 1360, height: 900 }, PHONE = { width: 390, height: 844 };

export const env = process.env;

const say = what => process.stdout.write(`${JSON.stringify(what)}\n`);

/** Asks the laboratory; see World in run.py. */
export async function world(what, ...args) {
	say({ do: what, with: args });
	const { value } = await answers.next(), answer = JSON.parse(value);

	if (answer.error)
		throw new Error(answer.error);
	return answer.value;
}

export async function open() {
	const browser = await chromium.launch({ executablePath: env.CHROMIUM, args: FLAGS, chromiumSandbox: false });
	const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: WIDE, baseURL: env.WEB, locale: 'en-GB',
		/* nothing fades: what axe measures is what stays */
		reducedMotion: 'reduce',
		permissions: ['clipboard-read', 'clipboard-write'] });

	await context.addInitScript(axe);
	const page = await context.newPage(), noise = [], go = page.goto.bind(page);

	/* a fresh namespace may still be told to Chromium as a change of network */
	page.goto = (...words) => go(...words).catch(e => /ERR_NETWORK_CHANGED/.test(e) ? go(...words) : Promise.reject(e));
	page.setDefaultTimeout(15000);
	page.on('console', m => {
		/* a refusal by the API is shown by Chromium as a failed resource */
		if (m.type() === 'error' && !/Failed to load resource/.test(m.text()))
			noise.push(m.text());
	});
	page.on('pageerror', e => noise.push(String(e)));
	return { browser, context, page, noise };
}

export function assert(true_, what) {
	if (!true_)
		throw new Error(what);
}

export function equal(got, want, what) {
	assert(got === want, `${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`);
}

async function violations(page) {
	const found = await page.evaluate(async () => {
		const r = await window.axe.run(document, { resultTypes: ['violations'] });

		return r.violations.map(v => `${v.id}: ${v.nodes.map(n => `${n.target} (${n.failureSummary})`).slice(0, 3).join('; ')}`);
	});

	return found;
}

const theme = (page, name) => page.evaluate(t => { document.documentElement.dataset.theme = t; }, name);

/** Both themes and a phone: pictures, axe, nothing wider than the screen. */
export async function look(page, name) {
	const wrong = [];

	for (const t of ['light', 'dark']) {
		await theme(page, t);
		await page.screenshot({ path: `${env.SHOTS}/${name}-${t}.png` });
		wrong.push(...(await violations(page)).map(v => `${name} ${t}: ${v}`));
	}
	await page.setViewportSize(PHONE);
	await theme(page, 'light');
	await page.screenshot({ path: `${env.SHOTS}/${name}-phone.png` });
	const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

	if (over > 0)
		wrong.push(`${name}: ${over} pixels wider than a phone`);
	wrong.push(...(await violations(page)).map(v => `${name} phone: ${v}`));
	await page.setViewportSize(WIDE);
	assert(!wrong.length, wrong.join('\n'));
}

/** A scenario that hangs fails, and the rest goes on. */
function within(ms, promise) {
	let timer;
	const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error(`not done in ${ms / 1000} s`)), ms); });

	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** After a failure: no open dialog, the page as new. */
async function tidy(page) {
	await page.setViewportSize(WIDE);
	await page.goto('/#/');
	await page.reload();
}

/** Runs the scenarios in their order; the later build on the earlier. */
export async function play(scenarios, stage) {
	const score = { passed: 0, failed: 0 };

	for (const [name, run] of scenarios) {
		const begin = Date.now();

		try {
			await within(LONGEST_MS, run(stage));
			assert(!stage.noise.length, `on the console: ${stage.noise.join(' | ')}`);
			score.passed++;
			console.log(`ok      ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
		} catch (e) {
			score.failed++;
			console.log(`FAILED  ${name}\n${(e.stack ?? String(e)).split('\n').slice(0, 14).join('\n')}`);
			await stage.page.screenshot({ path: `${env.SHOTS}/failed-${score.failed}.png` }).catch(() => undefined);
			await tidy(stage.page).catch(() => undefined);
		}
		stage.noise.length = 0;
	}
	say({ score });
	return score;
}
