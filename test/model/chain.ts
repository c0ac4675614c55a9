import { toQuantity } from "ethers";
import hre from "hardhat";
import { createProvider } from "hardhat/internal/core/providers/construction";
import type { EthereumProvider } from "hardhat/types";
import { z } from "zod";
import { readEnvironment } from "../../scripts/lib/environment";

const { VARIANTS } = readEnvironment();

const Hex = z.string().startsWith("0x");

/** One line of a log. */
const Log = z.object({ address: Hex, topics: z.array(Hex), data: Hex });
type Log = z.output<typeof Log>;

/** A transaction that succeeded, or what it was refused with. */
export type Outcome = { readonly hash: string; readonly refusal?: never } | { readonly refusal: string };

/** What the provider throws when a transaction is refused. */
const Refusal = z.object({ data: Hex });

/** Gas of every transaction, never estimated: below the limit of Osaka, unless larger contracts need more. */
const GAS = toQuantity(VARIANTS === undefined ? 15_000_000 : 75_000_000);

/** What every account begins with, in wei: enough to be wrapped, too. */
const ETHER = String(10n ** 26n);

/**
 * A chain of its own for the model: many calls can be made in one second, no other suite moves its clock, and a call
 * takes about a millisecond. It is the same in-process chain that Hardhat offers, with three settings changed.
 */
export class Chain {
  private constructor(
    private readonly provider: EthereumProvider,
    readonly accounts: readonly string[],
  ) {}

  /** Starts a chain whose first second is the given one. */
  static async start(second: bigint): Promise<Chain> {
    const { hardhat } = hre.config.networks;
    const initialDate = new Date(Number(second) * 1_000).toISOString();
    const accounts = Array.isArray(hardhat.accounts)
      ? hardhat.accounts
      : { ...hardhat.accounts, accountsBalance: ETHER };
    const network = { ...hardhat, accounts, allowBlocksWithSameTimestamp: true, initialDate };
    const config = { ...hre.config, networks: { ...hre.config.networks, hardhat: network } };
    const provider = await createProvider(config, "hardhat");
    return new Chain(provider, z.array(Hex).parse(await provider.request({ method: "eth_accounts" })));
  }

  /** Sends a transaction at a second. */
  async send(from: string, to: string | null, data: string, at: bigint, value = 0n): Promise<Outcome> {
    await this.setTime(at);
    try {
      const transaction = { from, data, gas: GAS, value: toQuantity(value), ...(to === null ? {} : { to }) };
      return { hash: Hex.parse(await this.provider.request({ method: "eth_sendTransaction", params: [transaction] })) };
    } catch (error) {
      const refusal = Refusal.safeParse(error);
      if (!refusal.success) throw error;
      return { refusal: refusal.data.data };
    }
  }

  /** The log of a transaction that succeeded. */
  async logs(hash: string): Promise<Log[]> {
    const receipt = await this.provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
    return z.object({ logs: z.array(Log) }).parse(receipt).logs;
  }

  /** Deploys a contract from the first account: its address. */
  async deploy(initcode: string, at: bigint): Promise<string> {
    await this.setTime(at);
    const transaction = { from: this.accounts[0], data: initcode, gas: GAS };
    const hash = await this.provider.request({ method: "eth_sendTransaction", params: [transaction] });
    const receipt = await this.provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
    return z.object({ contractAddress: Hex }).parse(receipt).contractAddress;
  }

  /** Mines a block without transactions at a second. */
  async mine(at: bigint): Promise<void> {
    await this.setTime(at);
    await this.provider.request({ method: "evm_mine" });
  }

  /** Calls a view at the latest block. */
  async call(to: string, data: string): Promise<string> {
    return Hex.parse(await this.provider.request({ method: "eth_call", params: [{ to, data, gas: GAS }, "latest"] }));
  }

  /** Remembers the state. */
  async snapshot(): Promise<string> {
    return Hex.parse(await this.provider.request({ method: "evm_snapshot" }));
  }

  /** Goes back to a state, which then is remembered no more. */
  async revert(snapshot: string): Promise<void> {
    await this.provider.request({ method: "evm_revert", params: [snapshot] });
    if (VARIANTS !== undefined) await this.followProducer();
  }

  /** Who produces the blocks of Hardhat's own chain chooses the variant of the contracts, here from now on, too. */
  private async followProducer(): Promise<void> {
    const producer = await hre.network.provider.request({ method: "eth_coinbase" });
    await this.provider.request({ method: "hardhat_setCoinbase", params: [producer] });
  }

  private async setTime(second: bigint): Promise<void> {
    await this.provider.request({ method: "evm_setNextBlockTimestamp", params: [Number(second)] });
  }
}
