// The packet filter: drafts, trials, who gets in.
import { assert, equal, look, world } from './stage.mjs';
import { menu, row, toast } from './hands.mjs';

const bar = (page, text) => page.getByRole('region').filter({ hasText: text });
const fwd = (page, path) => page.evaluate(async p => (await fetch(`/api/v1/tables/fwd/${p}`)).json(), path);

async function rule(page, fields) {
	await page.getByRole('button', { name: 'Add rule' }).click();
	const drawer = page.getByRole('dialog', { name: 'Add rule' });

	for (const [label, value] of Object.entries(fields)) {
		const field = drawer.getByLabel(label, { exact: label === 'Name' });

		if (await field.evaluate(f => f.tagName) === 'SELECT')
			await field.selectOption(value);
		else
			await field.fill(value);
	}
	await drawer.getByRole('button', { name: 'Save' }).click();
	await row(page, fields.Name).waitFor();
}

async function would(page, source, port) {
	await page.getByRole('button', { name: 'Would this get in?' }).click();
	const box = page.getByRole('dialog');

	await box.getByLabel('From address').fill(source);
	await box.getByLabel('To port').fill(String(port));
	await box.getByRole('button', { name: 'Ask the box' }).click();
	const said = await box.locator('.panel').innerText();

	return { box, said };
}

export const wall = {
	async 'firewall: a draft is not in force'({ page }) {
		await menu(page, 'Firewall');
		await row(page, 'ami').getByText('built in').waitFor();
		await rule(page, { Name: 'logger', Action: 'accept', Protocol: 'tcp', Port: '5038', Source: '192.168.1.2' });
		await row(page, 'logger').getByText('new', { exact: true }).waitFor();
		await bar(page, 'One change is not in force yet').waitFor();
		await page.getByRole('button', { name: 'Move logger up' }).click();
		await page.getByLabel('Answer ping').uncheck();
		await bar(page, '2 changes are not in force yet').waitFor();
		equal((await fwd(page, 'common_rule')).rows.length, 1, 'rules in the box');
		await look(page, 'firewall-draft');
		await page.getByRole('button', { name: 'Compare' }).click();
		const drawer = page.getByRole('dialog', { name: 'What changes' });

		await drawer.getByText('Answer ping: Yes → No').waitFor();
		await look(page, 'firewall-compare');
		await page.keyboard.press('Escape');
	},

	async 'firewall: a wrong rule is refused at its field'({ page }) {
		await page.getByRole('button', { name: 'Add rule' }).click();
		const drawer = page.getByRole('dialog', { name: 'Add rule' });

		await drawer.getByLabel('Name').fill('wrong');
		await drawer.getByLabel('Port').fill('99999');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await drawer.locator('.err').first().waitFor();
		await look(page, 'firewall-wrong');
		await drawer.getByLabel('Port').fill('');
		await drawer.getByLabel('Name').fill('');
		await drawer.getByRole('button', { name: 'Cancel' }).click();
	},

	async 'firewall: a rule is written by the keyboard alone'({ page }) {
		const add = page.getByRole('button', { name: 'Add rule' }), focused = at => at.evaluate(e => e === document.activeElement);
		const drawer = page.getByRole('dialog', { name: 'Add rule' });

		await add.focus();
		await page.keyboard.press('Enter');
		await drawer.waitFor();
		assert(await focused(drawer.getByLabel('Name', { exact: true })), 'the first field has the focus');
		await page.keyboard.type('typed');
		await page.keyboard.press('Enter');
		await row(page, 'typed').waitFor();
		await page.waitForFunction(() => document.activeElement?.textContent === 'Add rule');
		await row(page, 'typed').getByRole('button', { name: 'typed', exact: true }).focus();
		await page.keyboard.press('Enter');
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).press('Enter');
		await row(page, 'typed').waitFor({ state: 'detached' });
	},

	async 'firewall: a rule is duplicated, also a built-in one'({ page }) {
		await row(page, 'ami').getByRole('button', { name: 'ami', exact: true }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Duplicate' }).click();
		const drawer = page.getByRole('dialog', { name: 'Add rule' });

		equal(await drawer.getByLabel('Name', { exact: true }).inputValue(), 'ami-2', 'a name of its own');
		equal(await drawer.getByLabel('Port').inputValue(), 'ami', 'and the rest of it');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'ami-2').getByText('new', { exact: true }).waitFor();
		equal(await page.locator('tbody tr').evaluateAll(all => all.map(r => r.dataset.key).join(' ')), 'logger ami ami-2', 'behind its original');
		await row(page, 'ami-2').getByRole('button', { name: 'ami-2', exact: true }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
		await row(page, 'ami-2').waitFor({ state: 'detached' });
	},

	async 'firewall: tried, then kept over a new connection'({ page }) {
		await page.getByRole('button', { name: 'Try for 60 s' }).click();
		await bar(page, 'The new rules are on trial').waitFor();
		assert(Number(/(\d+) s left/.exec(await page.locator('.clock').innerText())[1]) > 50, 'the clock runs');
		equal((await fwd(page, 'common_rule')).rows.map(r => r.name).join(' '), 'logger ami', 'rules and their order in the box');
		equal((await fwd(page, 'firewall')).rows[0].ping, false, 'ping');
		await look(page, 'firewall-trial');
		await page.getByRole('button', { name: 'Keep' }).click();
		await toast(page, 'Kept: these are the rules now.');
		await bar(page, 'on trial').waitFor({ state: 'detached' });
	},

	async 'firewall: tried, and taken back'({ page }) {
		await row(page, 'ami').getByLabel('Rule on: ami').uncheck();
		await page.getByRole('button', { name: 'Try for 60 s' }).click();
		await bar(page, 'The new rules are on trial').waitFor();
		equal((await fwd(page, 'common_rule/ami')).row.enabled, false, 'in force');
		await page.getByRole('button', { name: 'Undo now' }).click();
		await toast(page, 'The old rules are back.');
		await page.waitForFunction(() => document.querySelector('tr[data-key="ami"] input[type=checkbox]').checked);
		equal((await fwd(page, 'common_rule/ami')).row.enabled, true, 'taken back');
	},

	async 'firewall: given more time, and back by itself when the box fell over meanwhile'({ page }) {
		await row(page, 'ami').getByLabel('Rule on: ami').uncheck();
		await page.getByRole('button', { name: 'Try for 60 s' }).click();
		await bar(page, 'The new rules are on trial').waitFor();
		await page.getByRole('button', { name: '120 s', exact: true }).click();
		await toast(page, 'Two minutes in all');
		await page.waitForFunction(() => Number(/(\d+) s left/.exec(document.querySelector('.clock')?.textContent)?.[1]) > 60);
		/* once only */
		await page.getByRole('button', { name: '120 s', exact: true }).waitFor({ state: 'detached' });
		/* the same end as when the clock runs out, which takes its two minutes (tests/call/test_wall.py) */
		await world('kill', 'fwd');
		await toast(page, 'Time ran out. The old rules are back.');
		await bar(page, 'on trial').waitFor({ state: 'detached' });
		await page.waitForFunction(() => document.querySelector('tr[data-key="ami"] input[type=checkbox]').checked);
		equal((await fwd(page, 'common_rule/ami')).row.enabled, true, 'as it was kept');
	},

	async 'firewall: drop all that would shut us out is refused'({ page }) {
		await page.getByLabel('Drop all', { exact: true }).check();
		await page.getByRole('button', { name: 'Try for 60 s' }).click();
		await page.getByRole('alert').first().waitFor();
		await page.getByRole('button', { name: 'Do it all the same' }).waitFor();
		/* the way out is on the page, also when fwd was away a moment ago */
		await page.locator('.preflight li').filter({ hasText: '192.168.1.100' }).getByRole('button', { name: 'Add a rule' }).waitFor();
		await look(page, 'firewall-refused');
		equal((await fwd(page, 'firewall')).rows[0].drop_all, false, 'not in force');
		await page.getByRole('button', { name: 'Discard' }).click();
	},

	async 'firewall: before drop all, who would be cut and the rule for it'({ page }) {
		const list = page.locator('.preflight li');

		await page.reload();
		await list.filter({ hasText: '192.168.1.100' }).first().waitFor();
		const mine = list.filter({ hasText: '192.168.1.100' }).first();

		await mine.getByRole('button', { name: 'Add a rule' }).click();
		await mine.getByText('in the draft').waitFor();
		await bar(page, 'One change is not in force yet').waitFor();
		await look(page, 'firewall-preflight');
		await page.getByLabel('Drop all', { exact: true }).check();
		await page.getByRole('button', { name: 'Try for 60 s' }).click();
		await bar(page, 'The new rules are on trial').waitFor();
		equal((await fwd(page, 'firewall')).rows[0].drop_all, true, 'drop all');
		await page.getByRole('button', { name: 'Undo now' }).click();
		await toast(page, 'The old rules are back.');
		await page.waitForFunction(() => !document.getElementById('wall-drop_all').checked);
	},

	async 'firewall: would this get in?'({ page }) {
		let { box, said } = await would(page, '192.168.1.2', 5038);

		assert(/Gets in/.test(said) && /logger/.test(said), said);
		await page.keyboard.press('Escape');
		({ box, said } = await would(page, '203.0.113.9', 5038));
		assert(/Dropped/.test(said) && /ami/.test(said), said);
		await look(page, 'firewall-would');
		await box.getByLabel('From address').fill('nobody');
		await box.getByRole('button', { name: 'Ask the box' }).click();
		await box.getByRole('alert').waitFor();
		await page.keyboard.press('Escape');
	},

	async 'auto defense: whom a limit would have cut off is told while it is typed'({ page }) {
		await world('phone', '802', await world('password', '802'), '192.168.1.102');
		await menu(page, 'Firewall', 'Auto defense');
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		const drawer = page.getByRole('dialog'), told = drawer.getByRole('status');

		await drawer.getByRole('button', { name: 'SSH: 10 in 60 s' }).click();
		equal(await drawer.getByLabel('Name').inputValue(), 'ssh', 'the name of a preset');
		equal(await drawer.getByLabel('Protocol').inputValue(), 'tcp', 'its protocol');
		equal(await drawer.getByLabel('Port').inputValue(), '22', 'its port');
		await drawer.getByLabel('Name').fill('sip-rate');
		await drawer.getByRole('button', { name: 'SIP: 1,200 in 60 s' }).click();
		equal(await drawer.getByLabel('Name').inputValue(), 'sip-rate', 'a name that was typed');
		equal(await drawer.getByLabel('Protocol').inputValue(), 'udp', 'its protocol');
		equal(await drawer.getByLabel('Packets').inputValue(), '1200', 'its packets');
		await told.getByText(/^1200 in 60 s would have cut off nobody/).waitFor();
		await drawer.getByLabel('Port').fill('7777');
		await drawer.getByLabel('Packets').fill('1');
		await drawer.getByLabel('Within seconds').fill('60');
		await told.getByText('not measured yet').waitFor();
		await drawer.getByLabel('Port').fill('5060');
		await told.getByText(/^1 in 60 s would have cut off (one phone|\d+ phones)/).waitFor();
		await told.getByText('Among them: ').waitFor();
		const bars = drawer.locator('figure.rates li');

		await bars.filter({ hasText: '(802)' }).filter({ hasText: 'cut off' }).waitFor();
		await look(page, 'defense-rate');
		await told.getByRole('button', { name: /^Take \d+$/ }).click();
		await told.getByText(/would have cut off (nobody|one sender|\d+ senders)\./).waitFor();
		assert(Number(await drawer.getByLabel('Packets').inputValue()) > 1, 'taken over');
		await bars.filter({ hasText: '(802)' }).filter({ hasNotText: 'cut off' }).waitFor();
		await drawer.getByLabel('Packets').fill('1');
		await drawer.getByLabel('On', { exact: true }).uncheck();
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'sip-rate').getByText(/one phone|\d+ phones/).waitFor();
		await look(page, 'defense');
	},

	async 'allowed addresses: mine, and a net that is too wide'({ page }) {
		await menu(page, 'Allowed addresses');
		await page.getByText('In this order; what decides first has decided').click();
		await page.getByRole('button', { name: 'My address now' }).click();
		const drawer = page.getByRole('dialog', { name: 'My address now' }), source = drawer.getByLabel('Address or network');

		equal(await source.inputValue(), '192.168.1.100', 'where the box sees us');
		await source.fill('10.0.0.0/8');
		await drawer.getByText('This is a very wide network').waitFor();
		await drawer.getByText('Empty: stays.').waitFor();
		await look(page, 'allowed-mine');
		await source.fill('192.168.1.100');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await page.locator('tbody tr').filter({ hasText: '192.168.1.100' }).filter({ hasText: 'HTTPS, SIP' }).waitFor();
		await look(page, 'allowed');
	},

	async 'Fail2Ban says whom other settings would have shut out'({ page }) {
		await world('knock', '203.0.113.12', '806', 4);
		await world('knock', '203.0.113.13', '807', 4, true);
		equal(await world('attack', '203.0.113.14', '808'), 10, 'tries answered');
		await menu(page, 'Allowed addresses', 'Fail2Ban');
		await row(page, 'sip').getByRole('button', { name: 'SIP' }).click();
		const drawer = page.getByRole('dialog'), told = drawer.getByRole('status'), whom = drawer.locator('.preflight li');

		await told.getByText(/^With these, the same .* would have been shut out (since|in the last 24 hours)/).waitFor();
		await drawer.getByLabel('Tries').fill('4');
		await told.getByText(/^With these, \d+ more would have been shut out/).waitFor();
		await told.getByText(/address(es)? of your phones (is|are) among those shut out: .*807/).waitFor();
		await drawer.getByText('Who they are').click();
		await whom.filter({ hasText: '203.0.113.12' }).filter({ hasText: '4 tries as 806' }).getByText('more', { exact: true }).waitFor();
		await whom.filter({ hasText: '203.0.113.13' }).getByText('your phone: 807').waitFor();
		await whom.filter({ hasText: '203.0.113.14' }).filter({ hasText: '10 tries as 808' }).getByText('shut out before, too').waitFor();
		await look(page, 'fail2ban-would');
		/* looser: as far as they got */
		await drawer.getByLabel('Tries').fill('50');
		await told.getByText(/(one|\d+) fewer would have been shut out/).waitFor();
		await told.getByText('the ban ended their tries').waitFor();
		await whom.filter({ hasText: '203.0.113.14' }).getByText('fewer', { exact: true }).waitFor();
		await look(page, 'fail2ban-would-fewer');
		await drawer.getByLabel('Tries').fill('');
		await told.getByText('With these').waitFor({ state: 'detached' });
		await drawer.getByLabel('Tries').fill('10');
		await told.getByText('With these').waitFor();
		await drawer.getByLabel('On', { exact: true }).uncheck();
		await told.getByText('With these').waitFor({ state: 'detached' });
		await drawer.getByLabel('On', { exact: true }).check();
		await drawer.getByRole('button', { name: 'Cancel' }).click();
	},

	async 'Fail2Ban goes back to the guide'({ page }) {
		await menu(page, 'Allowed addresses', 'Fail2Ban');
		await row(page, 'sip').waitFor();
		equal(await page.getByRole('button', { name: 'Add', exact: true }).count(), 0, 'its rows are built in');
		await row(page, 'sip').getByRole('button', { name: 'SIP' }).click();
		const drawer = page.getByRole('dialog');

		await drawer.getByLabel('Tries').fill('99');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'sip').getByText('99').waitFor();
		await page.getByRole('button', { name: 'Values of the guide' }).click();
		await page.getByRole('dialog').getByRole('button', { name: 'Values of the guide' }).click();
		await row(page, 'sip').getByText('10', { exact: true }).waitFor();
	},

	async 'which networks are local, without anybody having said so'({ page }) {
		await menu(page, 'Firewall', 'Local networks');
		await page.locator('.panel li').filter({ hasText: '192.168.1.0/24' }).filter({ hasText: 'lan0' }).waitFor();
		await look(page, 'local-networks');
	},

	async 'services, and whether a stranger gets to them'({ page }) {
		await menu(page, 'Service');
		await row(page, 'ami').getByText('Dropped').waitFor();
		await row(page, 'sip-udp').getByText('Gets in').waitFor();
		await look(page, 'service');
	},

	async 'an incident is told on the page, until somebody has seen it'({ page }) {
		await menu(page, 'Alerts');
		await page.getByRole('button', { name: 'Add', exact: true }).click();
		const drawer = page.getByRole('dialog');

		await drawer.getByLabel('Name').fill('bans');
		await drawer.getByLabel(/^Kinds of incident/).fill('banned');
		await drawer.getByLabel('At least').selectOption('info');
		await drawer.getByRole('button', { name: 'Save' }).click();
		await row(page, 'bans').waitFor();
		equal(await world('attack', '203.0.113.11', '801'), 10, 'tries answered');
		await menu(page, 'Status');
		await page.locator('.points').getByText(/incidents? wants? somebody/).first().waitFor();
		await menu(page, 'Alerts', 'Alerts now');
		await page.locator('tbody tr').filter({ hasText: '203.0.113.11' }).first().waitFor();
		equal(await page.locator('.tw').evaluate(e => e.scrollWidth - e.clientWidth), 0, 'hidden at the right');
		await look(page, 'alerts');
		while (await page.locator('tbody tr').count()) {
			const key = await page.locator('tbody tr').first().getAttribute('data-key');

			await row(page, key).getByRole('button', { name: 'Seen' }).click();
			await row(page, key).waitFor({ state: 'detached' });
		}
		await page.getByText('Nothing wants your eyes.').waitFor();
	},

	async 'who is shut out, and what was seen, without scrolling sideways on a small screen'({ page }) {
		const width = page.viewportSize(), list = page.locator('.tw');

		equal(await world('attack', '203.0.113.15', '801'), 10, 'tries answered');
		await page.setViewportSize({ width: 1280, height: 900 });
		for (const [path, cell] of [['security/rejected', 'Let in and allow'], ['reports/attacks', 'after 10 tries']]) {
			await page.goto(`/#/${path}`);
			await list.locator('tbody tr').filter({ hasText: '203.0.113.15' }).filter({ hasText: cell }).waitFor();
			equal(await list.evaluate(e => e.scrollWidth - e.clientWidth), 0, `${path}: hidden at the right`);
		}
		await page.setViewportSize(width);
	},
};
