import weth9 from "canonical-weth/build/contracts/WETH9.json";
import { AbiCoder, getAddress, id, type Interface, keccak256, toBeHex, Wallet, ZeroAddress } from "ethers";
import { ethers } from "hardhat";
import { z } from "zod";
import {
  AllocationManager__factory,
  MockERC20__factory,
  RewardsDeployer__factory,
  RewardsDistributor__factory,
  Slasher__factory,
  StakeManager__factory,
} from "../../typechain-types";
import type { OperatorSetTermsStruct } from "../../typechain-types/contracts/core/AllocationManager";
import type { SlashStruct } from "../../typechain-types/contracts/core/Slasher";
import type { ApprovalStruct, WithdrawalKeyStruct } from "../../typechain-types/contracts/core/StakeManager";
import { BURN_ADDRESS } from "../helpers/stake";
import { Chain } from "./chain";
import type { Consent } from "./commands/entry";
import type { PaymentEvent, Transaction } from "./commands/call";
import type { Terms } from "./ledger/risk";
import type { SlashStory } from "./ledger/slash";
import type { Key } from "./ledger/stake";
import {
  APPROVERS,
  type Asset,
  ASSETS,
  AVSS,
  BEGIN,
  type Coin,
  COINS,
  DECIMALS,
  entryOf,
  EXIT_DELAY,
  HOLDERS,
  OPERATORS,
  OWNERS,
  type Party,
  PAYEES,
  RECIPIENTS,
  SENDERS,
  type SetName,
} from "./vocabulary";

/** Tokens that every owner begins with. */
export const ENDOWMENT = 10n ** 24n;

/** Units of every reward token that every AVS begins with: more than any pool may ever be given. */
export const COINAGE = 2n ** 123n;

/** A token that can be an asset of a world: one with so many decimals, or wrapped ether. */
export type TokenKind = bigint | "WETH9";

/** Which token each asset is, if nothing else is asked for. */
const USUAL_TOKENS: Readonly<Record<Asset, TokenKind>> = { gold: 18n, iron: 18n };

/** Where the contracts are. */
interface Contracts {
  readonly stake: string;
  readonly risk: string;
  readonly slasher: string;
  readonly purse: string;
}

/** Where everything is. */
interface Deployed extends Contracts {
  readonly lens: string;
  readonly coins: ReadonlyMap<Coin, string>;
  readonly tokens: ReadonlyMap<Asset, string>;
  readonly parties: ReadonlyMap<Party, string>;
}

const ENTRY_APPROVAL = {
  EntryApproval: [
    { name: "operator", type: "address" },
    { name: "asset", type: "address" },
    { name: "receiver", type: "address" },
    { name: "payer", type: "address" },
    { name: "expiry", type: "uint48" },
  ],
};

const SET_APPROVAL = {
  SetApproval: [
    { name: "owner", type: "address" },
    { name: "account", type: "address" },
    { name: "approved", type: "bool" },
    { name: "nonce", type: "uint256" },
    { name: "expiry", type: "uint48" },
  ],
};

/** The hash of evidence, from the number by which the model knows it. */
function evidenceOf(evidence: bigint): string {
  return toBeHex(evidence, 32);
}

/** A wallet of the model, whose key follows from the name. */
function walletOf(party: Party): Wallet {
  return new Wallet(id(`bulkhead model: ${party}`));
}

async function initcodeOf(name: string, args: readonly unknown[]): Promise<string> {
  const factory = await ethers.getContractFactory(name);
  const { data } = await factory.getDeployTransaction(...args);
  return data;
}

/** The contracts on their chain, and the words that the model has for them. */
export class World {
  readonly stake = StakeManager__factory.createInterface();
  readonly risk = AllocationManager__factory.createInterface();
  readonly slasher = Slasher__factory.createInterface();
  readonly rewards = RewardsDistributor__factory.createInterface();
  readonly erc20 = MockERC20__factory.createInterface();
  private readonly signatures = new Map<string, Promise<string>>();
  private records = new Map<bigint, { record: SlashStruct; hash: bigint }>();
  private snapshot: string | undefined;

  private constructor(
    readonly chain: Chain,
    private readonly deployed: Deployed,
  ) {}

  /** Deploys the core with the model's delays, two tokens, and the lens. Ends before the second `BEGIN`. */
  static async deploy(kinds = USUAL_TOKENS): Promise<World> {
    const before = BEGIN - 100n;
    const chain = await Chain.start(before - 1n);
    const core = await deployCore(chain, before);
    const tokens = await deployTokens(chain, before, kinds);
    const coins = await deployCoins(chain, before);
    const parties = new Map<Party, string>([
      ...SENDERS.map((party, i) => [party, getAddress(chain.accounts[i] ?? ZeroAddress)] as const),
      ...APPROVERS.map((party) => [party, walletOf(party).address] as const),
      ["burned", BURN_ADDRESS],
      ["nobody", ZeroAddress],
      ["core", core.stake],
      ["purse", core.purse],
    ]);
    const at = (party: Party): string => parties.get(party) ?? ZeroAddress;
    const lens = await chain.deploy(
      await initcodeOf("ModelLens", [
        {
          ...{ slasher: core.slasher, distributor: core.purse },
          ...{ coins: COINS.map((coin) => coins.get(coin)), payees: PAYEES.map(at) },
          assets: ASSETS.map((asset) => tokens.get(asset)),
          ...{ operators: OPERATORS.map(at), owners: OWNERS.map(at) },
          ...{ holders: HOLDERS.map(at), recipients: RECIPIENTS.map(at) },
        },
      ]),
      before,
    );
    const world = new World(chain, { ...core, lens, tokens, coins, parties });
    await world.endow(before, kinds);
    return world;
  }

  /** Remembers the state, to begin again from it. */
  async keep(): Promise<void> {
    this.snapshot = await this.chain.snapshot();
  }

  /** Goes back to the remembered state. */
  async restart(): Promise<void> {
    if (this.snapshot === undefined) throw new Error("No state was kept.");
    await this.chain.revert(this.snapshot);
    this.snapshot = await this.chain.snapshot();
    this.records = new Map();
  }

  address(party: Party): string {
    const address = this.deployed.parties.get(party);
    if (address === undefined) throw new Error(`${party} has no address.`);
    return address;
  }

  token(asset: Asset): string {
    const address = this.deployed.tokens.get(asset);
    if (address === undefined) throw new Error(`${asset} has no address.`);
    return address;
  }

  coin(coin: Coin): string {
    const address = this.deployed.coins.get(coin);
    if (address === undefined) throw new Error(`${coin} has no address.`);
    return address;
  }

  get lens(): string {
    return this.deployed.lens;
  }

  setKey(set: SetName): string {
    const [avs, number] = set.split("/");
    const party = SENDERS.find((one) => one === avs);
    return this.address(party ?? "nobody").toLowerCase() + toBeHex(number ?? 0, 12).slice(2);
  }

  keys(keys: readonly Key[]): WithdrawalKeyStruct[] {
    return keys.map(({ operator, maturity }) => ({ operator: this.address(operator), maturity }));
  }

  evidence(evidence: bigint): string {
    return evidenceOf(evidence);
  }

  terms({ assets, maxSlash, period, vetoWindow, slasher, resolver, recipient }: Terms): OperatorSetTermsStruct {
    return {
      ...{ assets: assets.map((asset) => this.token(asset)), maxSlash, period, vetoWindow },
      slasher: this.address(slasher),
      resolver: this.address(resolver),
      recipient: this.address(recipient),
    };
  }

  toStake(from: Party, data: string): Transaction {
    return { from, to: this.deployed.stake, data };
  }

  toRisk(from: Party, data: string): Transaction {
    return { from, to: this.deployed.risk, data };
  }

  toSlasher(from: Party, data: string): Transaction {
    return { from, to: this.deployed.slasher, data };
  }

  toPurse(from: Party, data: string): Transaction {
    return { from, to: this.deployed.purse, data };
  }

  toToken(from: Party, asset: Asset, data: string): Transaction {
    return { from, to: this.token(asset), data };
  }

  /** The record of a slash, or one that is nearly the same. */
  record(slash: SlashStory, forged: boolean): SlashStruct {
    const { record } = this.remember(slash);
    return forged ? { ...record, fraction: slash.fraction ^ 1n } : record;
  }

  /** First 200 bits of the hash of the record that the model expects. */
  recordHash(slash: SlashStory): bigint {
    return this.remember(slash).hash;
  }

  /** Signs an entry as the consent says. */
  async sign(
    consent: Consent | undefined,
    entry: { operator: Party; asset: Asset; receiver: Party },
  ): Promise<ApprovalStruct> {
    if (consent === undefined) return { expiry: 0n, signature: "0x" };
    const { signer, payer, expiry } = consent;
    const value = {
      ...{ operator: this.address(entry.operator), asset: this.token(entry.asset) },
      ...{ receiver: this.address(entry.receiver), payer: this.address(payer), expiry },
    };
    const signature = await this.signTyped(walletOf(signer), ENTRY_APPROVAL, value);
    return { expiry, signature };
  }

  /** Signs that an account may act for an owner. */
  async signApproval(owner: Party, account: Party, approved: boolean, nonce: bigint, expiry: bigint): Promise<string> {
    const value = { owner: this.address(owner), account: this.address(account), approved, nonce, expiry };
    return await this.signTyped(await this.ownerWallet(owner), SET_APPROVAL, value);
  }

  /** The amounts that the distributor has logged under the name of an event. */
  async payments(name: PaymentEvent, hash: string): Promise<bigint[]> {
    const amounts: bigint[] = [];
    for (const log of await this.chain.logs(hash)) {
      const event = this.rewards.parseLog(log);
      if (event?.name === name) amounts.push(z.bigint().parse(event.args.getValue("amount")));
    }
    return amounts;
  }

  /** Name of the error in what a transaction was refused with. */
  errorName(data: string): string {
    for (const abi of [this.stake, this.risk, this.slasher, this.rewards, this.erc20]) {
      const error = abi.parseError(data);
      if (error !== null) return error.name;
    }
    return data;
  }

  /** Makes the record of a slash, once, from what the model knows of it. */
  private remember(slash: SlashStory): { record: SlashStruct; hash: bigint } {
    return entryOf(this.records, slash.id, () => {
      const { id: number, epoch, proposedAt, deadline, periodAt, fraction, cuts } = slash;
      const record: SlashStruct = {
        ...{ id: number, operatorSet: this.setKey(slash.set), operator: this.address(slash.operator), epoch },
        ...{ slasher: this.address(slash.slasher), resolver: this.address(slash.resolver) },
        ...{ recipient: this.address(slash.recipient), proposedAt, deadline, periodAt, fraction },
        evidence: evidenceOf(slash.evidence),
        cuts: cuts.map(({ asset, ...cut }) => ({ ...cut, asset: this.token(asset) })),
      };
      const type = this.slasher.getFunction("recordHash").inputs[0];
      if (type === undefined) throw new Error("recordHash has no parameter.");
      const hash = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode([type], [record]))) >> 56n;
      return { record, hash };
    });
  }

  private async endow(at: bigint, kinds: Readonly<Record<Asset, TokenKind>>): Promise<void> {
    for (const asset of ASSETS) {
      for (const owner of OWNERS) {
        const mint = this.erc20.encodeFunctionData("mint", [this.address(owner), ENDOWMENT]);
        const approve = this.erc20.encodeFunctionData("approve", [this.deployed.stake, 2n ** 256n - 1n]);
        // WETH9 wraps what it is sent.
        if (kinds[asset] === "WETH9")
          await this.chain.send(this.address(owner), this.token(asset), "0x", at, ENDOWMENT);
        else await this.chain.send(this.address(owner), this.token(asset), mint, at);
        await this.chain.send(this.address(owner), this.token(asset), approve, at);
      }
    }
    for (const coin of COINS) {
      for (const avs of AVSS) {
        const mint = this.erc20.encodeFunctionData("mint", [this.address(avs), COINAGE]);
        const approve = this.erc20.encodeFunctionData("approve", [this.deployed.purse, 2n ** 256n - 1n]);
        await this.chain.send(this.address(avs), this.coin(coin), mint, at);
        await this.chain.send(this.address(avs), this.coin(coin), approve, at);
      }
    }
    for (const operator of OPERATORS) {
      const data = this.stake.encodeFunctionData("registerOperator", [""]);
      await this.chain.send(this.address(operator), this.deployed.stake, data, at);
    }
  }

  private async ownerWallet(owner: Party): Promise<Pick<Wallet, "signTypedData">> {
    return await ethers.getSigner(this.address(owner));
  }

  private async signTyped(
    signer: Pick<Wallet, "signTypedData">,
    types: Record<string, { name: string; type: string }[]>,
    value: Record<string, string | bigint | boolean>,
  ): Promise<string> {
    const domain = {
      name: "Bulkhead StakeManager",
      version: "1",
      chainId: 31_337n,
      verifyingContract: this.deployed.stake,
    };
    const key = JSON.stringify([types, value], (_, part: unknown) =>
      typeof part === "bigint" ? part.toString() : part,
    );
    const known = this.signatures.get(key);
    if (known !== undefined) return await known;
    const signature = signer.signTypedData(domain, types, value);
    this.signatures.set(key, signature);
    return await signature;
  }
}

/** Deploys the core with its distributor. */
async function deployCore(chain: Chain, at: bigint): Promise<Contracts> {
  const read = async (from: string, abi: Interface, name: string): Promise<string> =>
    getAddress(`0x${(await chain.call(from, abi.encodeFunctionData(name))).slice(26)}`);
  const deployer = await chain.deploy(await initcodeOf("RewardsDeployer", []), at);
  const deploying = RewardsDeployer__factory.createInterface();
  const purse = await read(deployer, deploying, "DISTRIBUTOR");
  const slasher = await chain.deploy(await initcodeOf("Slasher", [EXIT_DELAY, purse, ZeroAddress, 0n]), at);
  const abi: Interface = Slasher__factory.createInterface();
  const stake = await read(slasher, abi, "STAKE_MANAGER");
  await chain.send(chain.accounts[0] ?? "", deployer, deploying.encodeFunctionData("deploy", [stake]), at);
  return { stake, risk: await read(slasher, abi, "ALLOCATION_MANAGER"), slasher, purse };
}

/** Deploys the reward tokens. */
async function deployCoins(chain: Chain, at: bigint): Promise<Map<Coin, string>> {
  const coins = new Map<Coin, string>();
  for (const coin of ["pearl", "amber", "salt", "ivory", "glass"] as const) {
    coins.set(coin, await chain.deploy(await initcodeOf("MockERC20", [coin, coin, DECIMALS[coin]]), at));
  }
  return coins;
}

/** Deploys a token for each asset; some more than once, until the addresses ascend. */
async function deployTokens(
  chain: Chain,
  at: bigint,
  kinds: Readonly<Record<Asset, TokenKind>>,
): Promise<Map<Asset, string>> {
  const tokens = new Map<Asset, string>();
  let last = 0n;
  for (const asset of ASSETS) {
    const kind = kinds[asset];
    const initcode = kind === "WETH9" ? weth9.bytecode : await initcodeOf("MockERC20", [asset, asset, kind]);
    let address = ZeroAddress;
    while (BigInt(address) <= last) address = await chain.deploy(initcode, at);
    last = BigInt(address);
    tokens.set(asset, address);
  }
  return tokens;
}
