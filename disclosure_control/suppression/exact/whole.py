"""Can hidden counts move by whole numbers as a demand asks? Decided by branching."""

from typing import Any

import numpy as np

from disclosure_control.suppression.exact.scene import Scene
from disclosure_control.suppression.problem import Flags

_OPTIONS = {"output_flag": False, "threads": 1, "mip_max_nodes": 10_000}


def can_move_whole(scene: Scene, demand: int, hidden: Flags) -> bool:
    """Whether some whole movement of hidden cells meets a demand; true when that stays open."""
    import highspy

    highs = highspy.Highs()
    for name, value in _OPTIONS.items():
        highs.setOptionValue(name, value)
    place, weight = scene.goal(demand)
    if place.size == 0:
        return False
    highs.passModel(_model(scene, hidden))
    index = np.concatenate([place, place + scene.cells.size]).astype(np.int32)
    least = float(scene.demands.need[demand])
    highs.addRow(least, np.inf, index.size, index, np.concatenate([weight, -weight]))
    highs.run()
    return bool(highs.getModelStatus() != highspy.HighsModelStatus.kInfeasible)


def _model(scene: Scene, hidden: Flags) -> Any:
    import highspy

    columns = scene.matrix.tocsc()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = columns.shape[0], 2 * columns.shape[1]
    model.col_cost_ = np.ones(model.num_col_)
    model.col_lower_ = np.zeros(model.num_col_)
    open_cells = np.tile(hidden | scene.given, 2)
    model.col_upper_ = np.where(open_cells, np.concatenate([scene.rise, scene.fall]), 0.0)
    model.row_lower_ = model.row_upper_ = np.zeros(columns.shape[0])
    model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    start = np.concatenate([columns.indptr, columns.indptr[1:] + columns.nnz])
    model.a_matrix_.start_ = start.astype(np.int32)
    model.a_matrix_.index_ = np.tile(columns.indices, 2).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate([columns.data, -columns.data])
    return model
