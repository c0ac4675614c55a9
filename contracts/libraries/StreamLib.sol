// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StreamSlot} from "../types/RewardSlots.sol";
import {Stream} from "../types/RewardTypes.sol";
import {RewardMath} from "./RewardMath.sol";
import {WadMath} from "./WadMath.sol";

/// @title StreamLib: the state machine of what one token streams into one pool.
/// Every stream ends at a boundary, a multiple of BUCKET, at most SPAN of them after it was funded: so all streams are
/// one rate, and by how much it falls at each boundary. Funding settles, so the rate is 0 after SPAN boundaries without
/// it, and no walk is longer. A second in which nobody has shares is counted in its bucket: an AVS gets back rate · those
/// seconds of the SPAN buckets before the end of its stream, less those from before it was funded.
library StreamLib {
    /// @dev Boundaries that the end of a stream may be away.
    uint256 internal constant SPAN = 16;

    uint256 private constant ENDS_PER_WORD = 4;
    uint256 private constant END_BITS = 64;
    uint256 private constant EMPTIES_PER_WORD = 8;
    uint256 private constant EMPTY_BITS = 32;

    /// @notice ⌈time / bucket⌉: the first boundary that is not before `time`.
    function boundaryUp(uint256 time, uint256 bucket) internal pure returns (uint256) {
        return WadMath.divUp(time, bucket);
    }

    /// @notice ⌊time / bucket⌋: the last boundary that is not after `time`.
    function boundaryDown(uint256 time, uint256 bucket) internal pure returns (uint256) {
        return time / bucket;
    }

    /// @notice `slot` as it is now, if the pool has had `shares` since it was settled.
    function advance(
        Stream storage stream,
        StreamSlot slot,
        uint256 shares,
        uint256 bucket,
        uint256 grains
    ) internal view returns (StreamSlot) {
        uint256 elapsed = slot.elapsed();
        uint256 rate = slot.rate();
        uint256 ended;
        uint256 earned;
        if (rate != 0) {
            // What ever flows is below 2^g grains.
            unchecked {
                uint256 flow = rate * elapsed;
                if (elapsed > block.timestamp % bucket) (flow, ended) = _passBoundaries(stream, rate, elapsed, bucket);
                if (shares != 0) earned = RewardMath.perShareDown(flow, shares, grains);
            }
        }
        return slot.settle(elapsed, earned, ended);
    }

    /// @notice Counts the seconds since `slot` was settled in which something streamed, for a pool that has had no shares.
    /// @return noted Whether there were any.
    function noteEmpty(Stream storage stream, StreamSlot slot, uint256 bucket) internal returns (bool noted) {
        uint256 rate = slot.rate();
        uint256 from = block.timestamp - slot.elapsed();
        noted = rate != 0 && from != block.timestamp;
        // Times are seconds; of a bucket there are at most 604,800, which fit 32 bits. The rate is the sum of what ends.
        unchecked {
            uint256 boundary = from / bucket;
            while (rate != 0 && from != block.timestamp) {
                uint256 shift = (boundary % EMPTIES_PER_WORD) * EMPTY_BITS;
                uint256 end = (++boundary) * bucket;
                uint256 until = end < block.timestamp ? end : block.timestamp;
                stream.empties[(boundary - 1) / EMPTIES_PER_WORD] += (until - from) << shift;
                if (until == end) rate -= rateEndingAt(stream.ends, boundary);
                from = until;
            }
        }
    }

    /// @notice Adds a stream of `rate` that ends at `boundary`, to a slot that is settled.
    /// @param excess Empty seconds before now of the SPAN buckets before the boundary.
    function add(
        Stream storage stream,
        StreamSlot settled,
        address avs,
        uint256 rate,
        uint256 boundary,
        uint256 excess
    ) internal {
        stream.slot = settled.addRate(rate);
        uint256 lane = rate << _endShift(boundary);
        // The sum of all rates fits 63 bits: no carry into the next lane.
        stream.ends[boundary / ENDS_PER_WORD] += lane;
        stream.endsOf[avs][boundary / ENDS_PER_WORD] += lane;
        if (excess != 0) stream.excess[avs][boundary] += rate * excess;
    }

    /// @notice Forgets what an AVS has funded until `boundary`.
    function remove(Stream storage stream, address avs, uint256 boundary) internal {
        stream.endsOf[avs][boundary / ENDS_PER_WORD] &= ~(uint256(type(uint64).max) << _endShift(boundary));
        delete stream.excess[avs][boundary];
    }

    /// @notice Empty seconds, as counted, of the SPAN buckets before `boundary`.
    function emptySeconds(Stream storage stream, uint256 boundary) internal view returns (uint256 sum) {
        // A bucket has at most 604,800 seconds; boundaries are far above SPAN, half a century after 1970.
        unchecked {
            for (uint256 k = boundary - SPAN; k < boundary; ++k) {
                sum += uint32(stream.empties[k / EMPTIES_PER_WORD] >> ((k % EMPTIES_PER_WORD) * EMPTY_BITS));
            }
        }
    }

    /// @notice Grains of an AVS's ended streams that streamed while nobody had shares.
    /// @param shares Of the pool now; if there are none, there were none since the slot was settled.
    function unearned(
        Stream storage stream,
        address avs,
        uint256 boundary,
        uint256 shares,
        uint256 bucket
    ) internal view returns (uint256) {
        uint256 rate = rateEndingAt(stream.endsOf[avs], boundary);
        if (rate == 0) return 0;
        uint256 empty = emptySeconds(stream, boundary);
        uint256 settledAt = block.timestamp - stream.slot.elapsed();
        if (shares == 0 && settledAt < boundary * bucket) empty += boundary * bucket - settledAt;
        return rate * empty - stream.excess[avs][boundary];
    }

    /// @notice The rate that ends at `boundary`.
    function rateEndingAt(
        mapping(uint256 word => uint256) storage ends,
        uint256 boundary
    ) internal view returns (uint256) {
        return uint64(ends[boundary / ENDS_PER_WORD] >> _endShift(boundary));
    }

    /// @dev What flows while boundaries pass, and by how much the rate falls.
    function _passBoundaries(
        Stream storage stream,
        uint256 rate,
        uint256 elapsed,
        uint256 bucket
    ) private view returns (uint256 flow, uint256 ended) {
        // Times are seconds. The rate is the sum of what ends, so it is 0 after the last end.
        unchecked {
            uint256 from = block.timestamp - elapsed;
            uint256 last = block.timestamp / bucket;
            for (uint256 boundary = from / bucket + 1; boundary <= last && rate != ended; ++boundary) {
                flow += (rate - ended) * (boundary * bucket - from);
                from = boundary * bucket;
                ended += rateEndingAt(stream.ends, boundary);
            }
            flow += (rate - ended) * (block.timestamp - from);
        }
    }

    function _endShift(uint256 boundary) private pure returns (uint256) {
        // At most 192.
        unchecked {
            return (boundary % ENDS_PER_WORD) * END_BITS;
        }
    }
}
