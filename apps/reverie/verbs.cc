// The list of the verbs, for both programs.
#include "verbs.h"

// A verb that needs LibTorch: reverie knows its name and help, reverie-lab can do it.
#if REVERIE_LAB
#define NEEDS_TORCH(add) add
#else
#define NEEDS_TORCH(add) nullptr
#endif

namespace reverie {

const std::vector<Verb>& verbs() {  // NOLINT(readability-function-size): a list
  static const std::vector<Verb> list = {
#if REVERIE_WITH_MEDIA
    {"render", "make a video from a preset, frame-exact",
     "  reverie render                                   the default preset, 10 s\n"
     "  reverie render smoke -o smoke.mp4 --size 1280x720 --seconds 60\n"
     "  reverie render --input clip.mp4 -o dream.mp4     the input, played through the default input "
     "preset\n"
     "  reverie render video-feedback --set zoom=1.02 --set hue=3 --seed 7\n"
     "  reverie render --again smoke.mp4 -o same.mp4     the same once more\n"
     "  reverie render smoke -o frames/%05d.png          numbered pictures\n"
     "  reverie render smoke -o v4l2:/dev/video9         into a loopback camera\n"
     "  reverie render --input film.mp4 -o dream.mp4 --resume    stopped? the same command goes on\n",
     add_render},
#if REVERIE_WITH_TORCH
    {"dream", "ask layers of a network to enhance what they see, in pictures and videos",
     "  reverie dream photo.jpg -o dream.png\n"
     "  reverie dream photo.jpg --layer conv4 --octaves 5 -o dream.png\n"
     "  reverie dream photo.jpg --guide flowers.jpg -o guided.png\n"
     "  reverie dream photo.jpg --model bvlc_googlenet.caffemodel --layer inception_4c/output -o dogs.png\n"
     "  reverie dream noise --style lucid --layer conv4:3 -o channel.png\n"
     "  reverie dream clip.mp4 -o dreamed.mp4            a video, carried along by its optical flow\n"
     "  reverie dream film.mp4 -o long.mp4 --resume      stopped? the same command goes on\n"
     "  reverie dream photo.jpg -o endless.mp4 --seconds 20 --set blend=0 --set zoom=1.03\n",
     NEEDS_TORCH(add_dream)},
    {"mogrify", "carry the style of paintings onto a picture or a video",
     "  reverie mogrify clip.mp4 -o night.mp4            as van Gogh painted the night\n"
     "  reverie mogrify clip.mp4 --toward scream -o scream.mp4\n"
     "  reverie mogrify photo.jpg --toward drawings --toward great-wave*0.5 -o drawn.png\n"
     "  reverie mogrify --list                           the styles of the model\n"
     "  reverie mogrify clip.mp4 --set side=180 --set detail=0.5 -o large-strokes.mp4\n",
     NEEDS_TORCH(add_mogrify)},
    {"embed", "write a VAE's codes of labelled pictures: your own styles for mogrify",
     "  reverie embed models/mogrify.safetensors --data paintings.tfrecord -o mine.safetensors\n"
     "  reverie mogrify clip.mp4 --styles mine.safetensors --toward klee -o klee.mp4\n",
     NEEDS_TORCH(add_embed)},
    {"shift", "draw a sheet of what becomes of pictures when a VAE's codes change",
     "  reverie shift models/mogrify.safetensors --data paintings.tfrecord -o shift.png\n",
     NEEDS_TORCH(add_shift)},
    {"export", "write a VAE or a generator as ONNX graphs, which other programs run",
     "  reverie export models/mogrify.safetensors -o mogrify    encoder.onnx and decoder.onnx\n",
     NEEDS_TORCH(add_export)},
    {"codes",
     "draw sheets of what the codes of a GAN or VAE know: samples, walks, sums, pictures found again",
     "  reverie codes runs/dcgan-faces -o samples.png                samples with their numbers\n"
     "  reverie codes runs/dcgan-faces --between \"3 17 5\"           from each to the next\n"
     "  reverie codes runs/dcgan-faces --sum \"1,2,3 - 4,5,6 + 7\"    what the first three have, given to "
     "the last\n"
     "  reverie codes runs/dcgan-faces --invert me.jpg               the code of a picture\n"
     "  reverie render latent --set model=runs/dcgan-faces --set chosen=\"3 17 5\"    the walk as a film\n",
     NEEDS_TORCH(add_codes)},
    {"recognise", "say what happens in a video, window by window",
     "  reverie recognise clip.mp4                       a line a window: when, what, how sure\n"
     "  reverie recognise clip.mp4 --model runs/video-c3d -o watched.mp4    drawn into the video\n"
     "  reverie recognise camera:0 --top 3               live, until Ctrl-C\n"
     "  reverie play watch echoes --input camera:0       in a set: knobs follow watch.wave2\n",
     NEEDS_TORCH(add_recognise)},
#endif
#if REVERIE_WITH_PLAY
    {"play", "play live: a window, knobs, MIDI, OSC, sound, recording",
     "  reverie play                                     the default preset\n"
     "  reverie play smoke --size 800x450 --full-screen\n"
     "  reverie play --input camera:0                    the webcam, played through the default input "
     "preset\n"
     "  reverie play --listen                            presets that follow the sound hear the "
     "microphone\n"
     "  reverie play --also pipewire:                    as a camera for OBS and video calls\n"
     "  reverie play --remote --remote-host 0.0.0.0      a page for the phone, with a code\n"
     "  reverie play --no-window --also set.mkv --seconds 60\n"
     "  reverie play brush --follow runs/mine            weights that are still learning\n"
     "  reverie play --session my.session                and later: reverie render --session my.session -o "
     "my.mp4\n",
     add_play},
#endif
    {"demo", "show a tour of the presets in full screen, with keys to press",
     "  reverie demo                                     any key that plays takes over; Ctrl+Q ends it\n"
     "  reverie demo -o demo.mp4                         a minute of video\n",
     add_demo},
    {"discover", "search for processes worth seeing, and keep the best of each kind as presets",
     "  reverie discover -o found                        from all presets, until Ctrl-C\n"
     "  reverie discover first-light --minutes 60 -o found     then open found/map.html\n"
     "  reverie discover -o found --resume               go on\n"
     "  reverie discover -o found --like 412 --refuse 97  remembered: later searches find more like 412\n"
     "  reverie discover -o found --axes colour,grain --cells 6\n"
     "  reverie discover -o looks --describe runs/vae-finds      sorted by what a network has learned\n"
     "  mpirun -n 4 reverie discover -o found --threads 1     process 0 writes; on several machines, too\n"
     "  reverie play found/found-412.toml                play a find\n",
     add_discover},
    {"flow", "find the optical flow of a video, or between two pictures",
     "  reverie flow clip.mp4 -o flow.mp4                direction as colour, by Middlebury's wheel\n"
     "  reverie flow clip.mp4 -o arrows.mp4 --view arrows --method dis-fine\n"
     "  reverie flow one.png two.png -o flow.png --method ldof       small things that move far\n"
     "  reverie flow one.png two.png -o flow.flo         the flow itself, for other programs\n"
     "  reverie flow clip.mp4 -o flow/%05d.flo --only-trusted\n"
     "  reverie flow frame10.png frame11.png -o flow.png --truth flow10.flo   how wrong it is\n",
     add_flow},
    {"trajectories", "follow the points of a video; recognise what clips show by their trajectories",
     "  reverie trajectories clip.mp4 -o drawn.mp4       the ways of points over 15 frames, by direction\n"
     "  reverie trajectories clip.mp4 -o features.npy    a row a trajectory: HOG, HOF, MBH along it\n"
     "  reverie trajectories clip.mp4 -o drawn.mp4 --without-camera\n"
     "  reverie trajectories actions/ --evaluate -o confusion.png    actions/wave/anna_1.mp4 and so on\n",
     add_trajectories},
    {"presets", "list the presets, a line each",
     "  reverie presets\n  reverie presets --sheet -o presets.png\n", add_presets},
    {"preset", "show one preset", "  reverie preset show smoke\n  reverie preset show smoke > my.toml\n",
     add_preset},
    {"parameters", "list what an effect can be told: range, default, meaning",
     "  reverie parameters\n  reverie parameters feedback zoom\n", add_parameters},
    {"info", "say what a file is and what takes it; what playing a preset takes",
     "  reverie info clip.mp4\n  reverie info weights.safetensors\n"
     "  reverie info --preset smoke --size 1280x720      the memory, too\n",
     add_info},
    {"convert", "turn weights into another kind of file, Caffe's nets into models and recipes",
     "  reverie convert net.prototxt net.caffemodel -o net.safetensors   a model to play\n"
     "  reverie convert net.prototxt solver.prototxt -o net.toml         a recipe to train by\n"
     "  reverie convert net.caffemodel -o net/                           a folder of .npy files\n"
     "  reverie convert net/ -o net.safetensors --set pool=mean          what the files do not say\n"
     "  reverie convert runs/faces -o faces.safetensors --half           a run's model, half as large\n",
     add_convert},
    {"doctor", "say what this machine offers; replay a golden",
     "  reverie doctor\n  reverie doctor --golden seed3_max_wrap.safetensors --kernel reference\n",
     add_doctor},
    {"bench", "say how fast this machine plays a preset",
     "  reverie bench\n  reverie bench smoke --size 1280x720 --threads 2\n"
     "  reverie bench --kernel cpu --size 512x512,1920x1080 --frames 100\n",
     add_bench},
    {"data", "make record sets of pictures and videos for training, and look at them",
     "  reverie data import photos/ -o photos.tfrecord --size 64x64\n"
     "  reverie data import cifar-10-batches-bin/ -o cifar.tfrecord.gz\n"
     "  reverie data import cifar-100-python.tar.gz -o cifar-100.tfrecord\n"
     "  reverie data import clip.mp4 -o clip.tfrecord --step 10 --size 64x64 --test-fraction 0.1\n"
     "  reverie data import drawings/ -o strokes.tfrecord --crops 64x64:200     random pieces, so that "
     "strokes "
     "keep their size\n"
     "  reverie data show photos.tfrecord\n",
     add_data},
#endif
    {"train", "train a network by a recipe from a record set",
     "  reverie train hourglass-00 --data cifar.tfrecord            a recipe of the tree, into "
     "runs/hourglass-00\n"
     "  reverie train my.toml --data set.tfrecord -o runs/mine\n"
     "  reverie train hourglass-00 --data cifar.tfrecord --set channels=[24] --set iterations=2000 -o "
     "runs/24\n"
     "  reverie train my.toml --data set.tfrecord --watch now.png    the newest reconstructions, in one "
     "picture\n"
     "  reverie train my.toml --data set.tfrecord --find-rate 200    the loss at ever higher rates; which to "
     "take\n"
     "  reverie train --resume runs/mine                             go on after Ctrl-C or a crash\n"
     "  torchrun --nproc_per_node 2 --no_python reverie train my.toml --data set.tfrecord\n"
     "  reverie train alive --style painting.jpg -o runs/paint       feedback that learns to look like it, "
     "and to\n"
     "                                                               stay alive: a preset and its weights\n"
     "  reverie train alive --predict clip.mp4 -o runs/next          feedback that goes on as a clip does\n"
     "  reverie render runs/next/next.toml --input photo.jpg         ... from any picture\n",
     NEEDS_TORCH(add_train)},
    {"evaluate", "say how well a model gives pictures back, or how a preset lives and what it looks like",
     "  reverie evaluate runs/hourglass-00 --data cifar.tfrecord\n"
     "  reverie evaluate models/hourglass3.safetensors --data cifar.tfrecord --limit 100\n"
     "  reverie evaluate marble --style painting.jpg                 a preset of feedback: its looks, "
     "change,\n"
     "                                                               spectrum, and how it heals\n"
     "  reverie evaluate runs/next/next.toml --predict clip.mp4      how well it foresees a clip\n",
     NEEDS_TORCH(add_evaluate)},
    {"inspect", "make sheets of what a model reconstructs, its filters and its levels",
     "  reverie inspect runs/hourglass-09 --data cifar.tfrecord -o sheets     a run: its model and its "
     "curves\n"
     "  reverie inspect models/hourglass3.safetensors --data mine.tfrecord -o sheets --limit 8\n",
     NEEDS_TORCH(add_inspect)},
    {"probe", "say how much each layer knows of the labels, by a linear classifier",
     "  reverie probe runs/hourglass-09 --data cifar.tfrecord                   each level, from the pixels "
     "up\n"
     "  reverie probe runs/hourglass-09 --data cifar.tfrecord --level 2 --grid 0\n"
     "  reverie probe runs/vae --data cifar.tfrecord --layer encode4            any model's layers\n",
     NEEDS_TORCH(add_probe)},
#if REVERIE_WITH_MEDIA
    {"model", "fetch networks that others published; list them",
     "  reverie model list\n  reverie model fetch bvlc_googlenet\n"
     "  reverie dream photo.jpg --model bvlc_googlenet --layer inception_4c/output\n",
     add_model},
#endif
    {"layers", "list the layers of a model: channels, size, how far each sees",
     "  reverie layers runs/hourglass-09\n"
     "  reverie layers squeezenet_v1.0.caffemodel --size 640x360     with its .prototxt beside it\n"
     "  reverie layers models/dream.safetensors --atlas -o atlas --layer conv3\n",
     NEEDS_TORCH(add_layers)},
    {"classify", "say what pictures and videos show, with a network that gives scores",
     "  reverie classify photo.jpg\n"
     "  reverie classify photo.jpg --model runs/classifier-cifar\n"
     "  reverie classify *.png --model classifier.safetensors --top 1\n"
     "  reverie classify clip.mp4 --model squeezenet_v1.0.caffemodel    a line a frame\n",
     NEEDS_TORCH(add_classify)},
    {"manual", "", "", add_manual},
  };
  return list;
}

}  // namespace reverie
