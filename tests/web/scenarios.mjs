// scenarios.mjs [WORD...]: what an administrator does, from the first sign-in
// on, in one browser: each scenario starts where the one before ended. With
// words: the parts of that name, and the scenarios whose names have one.
import { door, leaving } from './door.mjs';
import { ground } from './ground.mjs';
import { everyPage } from './menu.mjs';
import { out } from './out.mjs';
import { wall } from './wall.mjs';
import { open, play } from './stage.mjs';

const parts = { door, ground, out, wall, everyPage, leaving };
const words = process.argv.slice(2);
const chosen = Object.entries(parts).flatMap(([part, scenarios]) => Object.entries(scenarios)
	.filter(([name]) => part === 'door' || !words.length || words.some(w => w in parts ? w === part : name.includes(w))));

const stage = await open();
const score = await play(chosen, stage);

await stage.browser.close();
process.exit(score.failed ? 1 : 0);
