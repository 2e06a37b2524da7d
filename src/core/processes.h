// The processes that were started to work together, by torchrun (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT),
// mpirun (OMPI_COMM_WORLD_RANK and _SIZE, or PMI_RANK and PMI_SIZE), Slurm (SLURM_PROCID, SLURM_NTASKS) or by
// hand, as they are told by the environment.
#pragma once

#include <string>

namespace reverie {

struct ProcessRank {
  int rank = 0, size = 1;
};

// Error if the variables are invalid.
ProcessRank process_rank();

// Where process 0 waits for the others: MASTER_ADDR, by default 127.0.0.1, and MASTER_PORT, by default 29500.
struct MeetingPoint {
  std::string address;
  int port = 0;
};

MeetingPoint meeting_point();

}  // namespace reverie
