import { id, toBeHex } from "ethers";
import { defineVerb } from "../model/commands/call";
import type { Asset, Party } from "../model/vocabulary";

/** Selector of WETH9's `withdraw(uint256)`. */
const WITHDRAW = id("withdraw(uint256)").slice(0, 10);

/** Wrapped ether becomes ether, outside the core. */
export const unwrap = defineVerb<{ by: Party; asset: Asset; assets: bigint }>("unwrap", {
  draw() {
    return undefined;
  },
  refusals() {
    return [];
  },
  apply({ stake }, { by, asset, assets }) {
    stake.mint(by, asset, -assets);
  },
  encode(world, { by, asset, assets }) {
    return world.toToken(by, asset, WITHDRAW + toBeHex(assets, 32).slice(2));
  },
});
