"""Slow twins of the trainers' losses in PyTorch, float64: the losses as papers write them, gradients by autograd."""

import numpy as np
import torch


def tensors_of(learner, width, outputs):
    """Weights as tensors without padding, and where each of their numbers stands in the learner's array."""
    network = learner["network"]
    tensors, places = [], []
    for number in range(int(network["layers"])):
        layer = network["layer"][number]
        rows, columns = int(layer["rows"]), int(layer["columns"])
        depth = width if number == 0 else rows
        used = outputs if number == int(network["layers"]) - 1 else columns
        grid = int(layer["weights_at"]) + np.arange(rows * columns).reshape(rows, columns)[:depth, :used]
        bias = int(layer["bias_at"]) + np.arange(used)
        for place in (grid, bias):
            tensors.append(torch.tensor(network["weights"][place].astype(float), requires_grad=True))
            places.append(place)
    return tensors, places


def run(tensors, x, activation):
    for k in range(0, len(tensors), 2):
        x = x @ tensors[k] + tensors[k + 1]
        if k + 2 < len(tensors):
            x = torch.tanh(x) if activation == 0 else torch.relu(x)
    return x


def spread(tensors, places, count):
    out = np.zeros(count)
    for tensor, place in zip(tensors, places, strict=True):
        out[place] = tensor.grad.numpy()
    return out


def t(values):
    return torch.tensor(np.asarray(values).astype(float))


def _critic(learners, samples, settings):
    width = int(learners["network"]["inputs"][0])
    tensors, places = tensors_of(learners[1], width, 1)
    v = run(tensors, t(samples["x"][:, :width]), int(learners["network"]["activation"][0]))[:, 0]
    old, goal, c = t(samples["value"]), t(samples["target"]), float(settings["value_clip"])
    held = old + (v - old).clamp(-c, c)
    loss = torch.maximum((v - goal) ** 2, (held - goal) ** 2).mean() * float(settings["value_weight"])
    loss.backward()
    return spread(tensors, places, int(learners["network"]["count"][1]))


def _surrogate(log_prob, samples, settings):
    ratio, advantage, c = torch.exp(log_prob - t(samples["log_prob"])), t(samples["advantage"]), float(settings["clip"])
    return -torch.minimum(ratio * advantage, ratio.clamp(1 - c, 1 + c) * advantage).mean()


def masked_loss(learners, samples, settings):
    width, actions = int(learners["network"]["inputs"][0]), int(learners["network"]["outputs"][0])
    tensors, places = tensors_of(learners[0], width, actions)
    out = run(tensors, t(samples["x"][:, :width]), int(learners["network"]["activation"][0]))
    out = out.masked_fill(torch.tensor(samples["mask"][:, :actions] == 0), -1e9)
    logs = torch.log_softmax(out, -1)
    entropy = -(logs.exp() * logs).sum(-1).mean()
    log_prob = logs[torch.arange(len(samples)), torch.tensor(samples["action"].astype(int))]
    (_surrogate(log_prob, samples, settings) - float(settings["entropy"]) * entropy).backward()
    return spread(tensors, places, int(learners["network"]["count"][0])), _critic(learners, samples, settings)


def gaussian_loss(learners, samples, settings):
    network = learners["network"][0]
    width, actions, at = int(network["inputs"]), int(network["outputs"]), int(network["log_std_at"])
    tensors, places = tensors_of(learners[0], width, actions)
    log_std = torch.tensor(network["weights"][at : at + actions].astype(float), requires_grad=True)
    mean = run(tensors, t(samples["x"][:, :width]), int(network["activation"]))
    normal = torch.distributions.Normal(mean, log_std.exp())
    log_prob = normal.log_prob(t(samples["chosen"][:, :actions])).sum(-1)
    entropy = normal.entropy().sum(-1).mean()
    (_surrogate(log_prob, samples, settings) - float(settings["entropy"]) * entropy).backward()
    found = spread([*tensors, log_std], [*places, at + np.arange(actions)], int(network["count"]))
    return found, _critic(learners, samples, settings)


def q_loss(learners, memory, drawn, actions, dueling):
    steps, finals = memory
    network = learners["network"][0]
    width, bend = int(network["inputs"]), int(network["activation"])
    own, places = tensors_of(learners[0], width, actions + dueling)
    other, _ = tensors_of(learners[1], width, actions + dueling)

    def values(tensors, x):
        out = run(tensors, x, bend)
        return out[:, :1] + out[:, 1:] - out[:, 1:].mean(-1, keepdim=True) if dueling else out

    cut = drawn["next"] < 0
    after = np.where(cut[:, None], finals[np.where(cut, -1 - drawn["next"], 0)], steps["seen"][drawn["next"]])
    able = np.where(cut[:, None], True, steps["mask"][drawn["next"], :actions] != 0)
    with torch.no_grad():
        best = values(own, t(after[:, :width])).masked_fill(torch.tensor(~able), -1e9).argmax(-1, keepdim=True)
        goal = t(drawn["reward"]) + t(drawn["discount"]) * values(other, t(after[:, :width])).gather(1, best)[:, 0]
    q = values(own, t(steps["seen"][drawn["row"], :width]))
    q = q[torch.arange(len(drawn)), torch.tensor(steps["action"][drawn["row"]].astype(int))]
    loss = torch.nn.functional.smooth_l1_loss(q, goal, reduction="none") * t(drawn["weight"])
    loss.mean().backward()
    return spread(own, places, int(network["count"])), (q - goal).abs().detach().numpy()
