import type { Amount } from "./amounts";
import { say } from "./sentences";
import type { Stage } from "./stage";
import type { Actor } from "./world";

/** Opens entry, up to a cap for each token, until the guarded launch is over. */
export async function capEntry(stage: Stage, guardian: Actor, caps: readonly Amount[]): Promise<void> {
  const { launchGuard, stakeManager } = stage.world;
  for (const { token, units } of caps) {
    await stage.run("setCap", () => launchGuard.connect(guardian.signer).setCap(token.address, units));
  }
  const end = stage.dayOf(await stakeManager.GUARDED_UNTIL());
  await stage.tell(guardian, say`${guardian} caps entry at ${caps}; from day ${end} on nobody can.`);
}
